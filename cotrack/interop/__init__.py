"""Other systems' languages: FHIR, EPCIS, CDISC, HL7 v2. Nothing is spoken here yet."""
