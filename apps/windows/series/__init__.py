"""The series store: points in chunks, a tail, stored minima and maxima. Depends on no model of Django's."""
