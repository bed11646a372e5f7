"""JSON routes of study definitions."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from cotrack.foundation.web.commands import answer
from cotrack.foundation.web.lists import LINK, PageIn, keyed_list
from cotrack.foundation.web.visit import needs
from cotrack.study import schemas, service

api = Blueprint("api_study", __name__, url_prefix="/api/v1/study-definitions", description="Study definitions")


@api.get("")
@needs("study:read")
@api.arguments(PageIn, location="query")
@api.response(200, schemas.StudyDefinitionOut(many=True), headers=LINK)
def list_definitions(asked: dict[str, int]) -> Any:
    """List every version ever loaded, oldest first."""
    return keyed_list(service.listed_definitions(), asked)


@api.post("")
@needs("study:load")
@api.arguments(schemas.StudyIn)
@api.response(201, schemas.StudyDefinitionOut)
def load(body: dict[str, Any]) -> Response:
    """Load a study file as a draft; every fault is named with its key."""
    return answer(lambda work: service.load(work, body["text"]), schemas.StudyDefinitionOut(), status=201)


@api.post("/<sha256>/approve-quality")
@needs("study:approve_quality")
@api.arguments(schemas.ApprovalIn)
@api.response(200, schemas.StudyDefinitionOut)
def approve_quality(body: dict[str, Any], sha256: str) -> Response:
    """Sign the very text of a draft as QA."""
    return answer(lambda work: service.approve_as_quality(work, sha256), schemas.StudyDefinitionOut(), **body)


@api.post("/<sha256>/approve-investigator")
@needs("study:approve_investigator")
@api.arguments(schemas.ApprovalIn)
@api.response(200, schemas.StudyDefinitionOut)
def approve_investigator(body: dict[str, Any], sha256: str) -> Response:
    """Sign the very text of a draft as principal investigator."""
    return answer(lambda work: service.approve_as_investigator(work, sha256), schemas.StudyDefinitionOut(), **body)
