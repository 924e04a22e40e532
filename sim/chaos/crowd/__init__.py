"""A crowd for the hall that is broken: light members on bare MQTT, many more than real agents could be on one machine.

They know the hall by its public contract alone and import nothing of it, so what they find is what any third party would find.
What each asked, was answered, told, printed and voted stands in its part's book: the evidence, and its memory when it is killed.
"""
