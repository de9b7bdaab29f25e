# Sources are added to libvkcommon.a.
