"""One server for a class of 30 to 300: everybody trains, in turn, and looks into the models.

::

    server.py    who may ask for what, and the answers
    store.py     who is there, uploads and jobs, in one SQLite file that survives kill -9
    fair.py      whose turn it is, and how long it will take
    workers.py   one process group per job: started, watched, ended
    asking.py    the process that knows the teacher's model, asked for predictions, many at a time

The server itself imports neither Keras nor NumPy, so it is back a second after it was killed.
"""

__all__: list[str] = []
