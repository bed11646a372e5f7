"""The WSGI entry point: `gunicorn wsgi:app`."""

from cotrack.app import create_app

app = create_app()
