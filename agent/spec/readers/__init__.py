"""Files in, values out. `inputs` tells what a file is and has its captures read as exchanges; `openapi_read` reads a description of an API as a spec."""
