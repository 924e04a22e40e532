"""The policies under which any history is tried."""

from hall.policy import AlarmPolicy, AppointmentPolicy, Order, Policy, WaitLimit

ALARMS = AlarmPolicy(
    wait=WaitLimit(warn_min=2, breach_min=5),
    waiting_per_window=2,
    waiting_in_hall=4,
    unstaffed_min=1,
    transfers=1,
    forgotten_factor=2,
)
POLICIES = {
    "strict with a cap": Policy(weights={"priority": 10, "appointment": 5}, streak_cap=2),
    "strict, and nobody waits 20 minutes": Policy(weights={"priority": 10}, starvation_min=20),
    "in turns": Policy(order=Order.WEIGHTED, weights={"priority": 2, "appointment": 1, "normal": 1}),
    "in turns with a cap": Policy(
        order=Order.WEIGHTED, weights={"priority": 3, "appointment": 1}, streak_cap=2
    ),
    "by weight and wait": Policy(
        near=2,
        escort_voice_s=30,
        order=Order.WEIGHT_WAIT,
        weights={"priority": 3},
        streak_cap=3,
        offer_again_after_s=120,
    ),
    "appointments by their time": Policy(
        weights={"priority": 1},
        streak_cap=3,
        heart_lanes=("priority",),
        appointment=AppointmentPolicy(due_before_s=120),
        offer_again_after_s=300,
    ),
}
