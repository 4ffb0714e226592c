NAME, VERSION = "elasticsearch", "9.5.3"
