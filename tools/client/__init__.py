"""The Python client in `clients/python`, generated from the API's OpenAPI document."""
