"""Clears what stands outside the trail once its time is over."""

from datetime import timedelta

from sqlalchemy import delete

from cotrack.foundation.access.models import IdempotencyKey, SignInSession, Upload
from cotrack.foundation.db import Sessions
from cotrack.foundation.idempotency import KEPT

UPLOADS_KEPT = timedelta(days=1)
SESSIONS_KEPT = timedelta(days=1)


def clear_outdated(sessions: Sessions) -> None:
    """Delete answers, uploads and ended sign-ins that nobody can need any more."""
    now = sessions.clock()
    with sessions.outside_trail() as session:
        session.execute(delete(IdempotencyKey).where(IdempotencyKey.answered_at < now - KEPT))
        session.execute(delete(Upload).where(Upload.uploaded_at < now - UPLOADS_KEPT))
        session.execute(delete(SignInSession).where(SignInSession.expires_at < now - SESSIONS_KEPT))
