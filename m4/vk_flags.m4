dnl SPDX-License-Identifier: BSD-3-Clause

dnl VK_TRY_CFLAG(VARIABLE, FLAG): appends FLAG to VARIABLE if the compiler takes it without a warning.
AC_DEFUN([VK_TRY_CFLAG], [
AC_MSG_CHECKING([whether $CC accepts $2])
vk_saved_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -Werror $2"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]], [[char b[16]; memset(b, 1, sizeof(b)); return b[3] - 1;]])],
	[AC_MSG_RESULT([yes]); $1="$$1 $2"],
	[AC_MSG_RESULT([no])])
CFLAGS=$vk_saved_CFLAGS
])

dnl VK_TRY_LDFLAG(VARIABLE, FLAG): the same for linking.
AC_DEFUN([VK_TRY_LDFLAG], [
AC_MSG_CHECKING([whether the linker accepts $2])
vk_saved_CFLAGS=$CFLAGS
vk_saved_LDFLAGS=$LDFLAGS
CFLAGS="$CFLAGS -Werror $HARDEN_CFLAGS"
LDFLAGS="$LDFLAGS $2"
AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
	[AC_MSG_RESULT([yes]); $1="$$1 $2"],
	[AC_MSG_RESULT([no])])
CFLAGS=$vk_saved_CFLAGS
LDFLAGS=$vk_saved_LDFLAGS
])

dnl VK_HARDENING: sets HARDEN_CFLAGS and HARDEN_LDFLAGS to what this compiler and linker know.
dnl _FORTIFY_SOURCE needs an optimising compiler, and hides bugs from the sanitizers.
AC_DEFUN([VK_HARDENING], [
HARDEN_CFLAGS=
HARDEN_LDFLAGS=
VK_TRY_CFLAG([HARDEN_CFLAGS], [-fstack-protector-strong])
VK_TRY_CFLAG([HARDEN_CFLAGS], [-fstack-clash-protection])
VK_TRY_CFLAG([HARDEN_CFLAGS], [-fcf-protection])
VK_TRY_CFLAG([HARDEN_CFLAGS], [-fPIE])
AC_MSG_CHECKING([whether _FORTIFY_SOURCE is of use])
vk_saved_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS $SANITIZE_CFLAGS"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if !defined(__OPTIMIZE__)
#error not optimising
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#error the sanitizer looks deeper
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#error the sanitizer looks deeper
#endif]], [])],
	[AC_MSG_RESULT([yes]); HARDEN_CFLAGS="$HARDEN_CFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"],
	[AC_MSG_RESULT([no])])
CFLAGS=$vk_saved_CFLAGS
VK_TRY_LDFLAG([HARDEN_LDFLAGS], [-pie])
VK_TRY_LDFLAG([HARDEN_LDFLAGS], [-Wl,-z,relro])
VK_TRY_LDFLAG([HARDEN_LDFLAGS], [-Wl,-z,now])
VK_TRY_LDFLAG([HARDEN_LDFLAGS], [-Wl,-z,noexecstack])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
])

dnl VK_SANITIZERS: --enable-sanitizers[=LIST] sets SANITIZE_CFLAGS (for compiling and linking).
AC_DEFUN([VK_SANITIZERS], [
AC_ARG_ENABLE([sanitizers],
	[AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@], [build for tests with these sanitizers (default: address,undefined; or thread)])],
	[], [enable_sanitizers=no])
AS_CASE([$enable_sanitizers],
	[no], [SANITIZE_CFLAGS=],
	[yes], [SANITIZE_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"],
	[SANITIZE_CFLAGS="-fsanitize=$enable_sanitizers -fno-sanitize-recover=all -fno-omit-frame-pointer"])
AS_IF([test -n "$SANITIZE_CFLAGS"], [
	AC_MSG_CHECKING([whether $CC links with $SANITIZE_CFLAGS])
	vk_saved_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS $SANITIZE_CFLAGS"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes])],
		[AC_MSG_RESULT([no])
		AC_MSG_ERROR([--enable-sanitizers: $CC has no runtime for $enable_sanitizers; install the compiler's sanitizer libraries or leave the option out])])
	CFLAGS=$vk_saved_CFLAGS])
AC_SUBST([SANITIZE_CFLAGS])
AM_CONDITIONAL([SANITIZERS], [test -n "$SANITIZE_CFLAGS"])
])

dnl VK_NEED(PREFIX, PKG-CONFIG MODULES, DEBIAN PACKAGE): like PKG_CHECK_MODULES, but collects what is
dnl missing in vk_missing_modules and vk_missing_packages, so that VK_REPORT_MISSING names all of it at once.
AC_DEFUN([VK_NEED], [
PKG_CHECK_MODULES([$1], [$2], [],
	[vk_missing_modules="$vk_missing_modules
  $2"
	vk_missing_packages="$vk_missing_packages $3"])
])

AC_DEFUN([VK_REPORT_MISSING], [
AS_IF([test -n "$vk_missing_packages"],
	[AC_MSG_ERROR([these libraries are missing or too old:$vk_missing_modules
On Debian 12 this installs them:
  apt-get install$vk_missing_packages
or let ./autogen.sh --install-deps install all that building and testing needs.])])
])
