"""How fast is it? `make bench` measures us against the app that tutorials write and against bare ASGI, in turns."""
