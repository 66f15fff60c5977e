#include "tests/packetdrill/runner/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define SYMBOL(name)                                                                               \
	{                                                                                          \
#name, (long long)(name)                                                           \
	}
#define TCP_CA_NAME(a, n)                                                                          \
	{                                                                                          \
		"TCP_CA_" #a, n                                                                    \
	}

static const struct symbol {
	const char *name;
	long long value;
} symbols[] = {
	SYMBOL(AF_INET),
	SYMBOL(AF_INET6),
	SYMBOL(AF_UNSPEC),
	SYMBOL(PF_INET),
	SYMBOL(PF_INET6),
	SYMBOL(SOCK_STREAM),
	SYMBOL(SOCK_DGRAM),
	SYMBOL(SOCK_RAW),
	SYMBOL(SOCK_NONBLOCK),
	SYMBOL(SOCK_CLOEXEC),
	SYMBOL(IPPROTO_IP),
	SYMBOL(IPPROTO_IPV6),
	SYMBOL(IPPROTO_TCP),
	SYMBOL(IPPROTO_UDP),
	SYMBOL(IPPROTO_ICMP),
	SYMBOL(IPPROTO_ICMPV6),
	SYMBOL(SOL_SOCKET),
	SYMBOL(SOL_TCP),
	{ "SOL_IP", IPPROTO_IP },
	{ "SOL_IPV6", IPPROTO_IPV6 },
	SYMBOL(SOMAXCONN),
	SYMBOL(SHUT_RD),
	SYMBOL(SHUT_WR),
	SYMBOL(SHUT_RDWR),
	{ "NULL", 0 },

	SYMBOL(SO_ACCEPTCONN),
	SYMBOL(SO_BROADCAST),
	SYMBOL(SO_DOMAIN),
	SYMBOL(SO_ERROR),
	SYMBOL(SO_KEEPALIVE),
	SYMBOL(SO_LINGER),
	SYMBOL(SO_PROTOCOL),
	SYMBOL(SO_RCVBUF),
	SYMBOL(SO_RCVLOWAT),
	SYMBOL(SO_RCVTIMEO),
	SYMBOL(SO_REUSEADDR),
	SYMBOL(SO_REUSEPORT),
	SYMBOL(SO_SNDBUF),
	SYMBOL(SO_SNDTIMEO),
	SYMBOL(SO_TYPE),
	SYMBOL(SO_RCVBUFFORCE),
	SYMBOL(SO_SNDBUFFORCE),
	SYMBOL(SO_PRIORITY),

	SYMBOL(TCP_CONGESTION),
	SYMBOL(TCP_CORK),
	SYMBOL(TCP_DEFER_ACCEPT),
	SYMBOL(TCP_INFO),
	SYMBOL(TCP_KEEPCNT),
	SYMBOL(TCP_KEEPIDLE),
	SYMBOL(TCP_KEEPINTVL),
	SYMBOL(TCP_LINGER2),
	SYMBOL(TCP_MAXSEG),
	SYMBOL(TCP_NODELAY),
	SYMBOL(TCP_NOTSENT_LOWAT),
	SYMBOL(TCP_QUICKACK),
	SYMBOL(TCP_SYNCNT),
	SYMBOL(TCP_USER_TIMEOUT),
	SYMBOL(TCP_WINDOW_CLAMP),

	SYMBOL(IP_MTU),
	SYMBOL(IP_MTU_DISCOVER),
	SYMBOL(IP_PMTUDISC_DO),
	SYMBOL(IP_PMTUDISC_DONT),
	SYMBOL(IP_PMTUDISC_PROBE),
	SYMBOL(IP_PMTUDISC_WANT),
	SYMBOL(IP_RECVERR),
	SYMBOL(IP_TOS),
	SYMBOL(IP_TTL),
	SYMBOL(IPV6_RECVERR),
	SYMBOL(IPV6_TCLASS),
	SYMBOL(IPV6_UNICAST_HOPS),
	SYMBOL(IPV6_V6ONLY),
	SYMBOL(IPV6_MTU),

	SYMBOL(MSG_DONTWAIT),
	SYMBOL(MSG_ERRQUEUE),
	SYMBOL(MSG_MORE),
	SYMBOL(MSG_NOSIGNAL),
	SYMBOL(MSG_OOB),
	SYMBOL(MSG_PEEK),
	SYMBOL(MSG_TRUNC),
	SYMBOL(MSG_WAITALL),
	SYMBOL(MSG_EOR),

	SYMBOL(F_GETFL),
	SYMBOL(F_SETFL),
	SYMBOL(F_GETFD),
	SYMBOL(F_SETFD),
	SYMBOL(FD_CLOEXEC),
	SYMBOL(O_RDWR),
	SYMBOL(O_RDONLY),
	SYMBOL(O_NONBLOCK),
	SYMBOL(FIONREAD),
	SYMBOL(FIONBIO),
	SYMBOL(SIOCINQ),
	SYMBOL(SIOCOUTQ),
	SYMBOL(SIOCOUTQNSD),
	SYMBOL(TIOCOUTQ),

	SYMBOL(POLLIN),
	SYMBOL(POLLOUT),
	SYMBOL(POLLERR),
	SYMBOL(POLLHUP),
	SYMBOL(POLLNVAL),
	SYMBOL(POLLPRI),
	SYMBOL(POLLRDHUP),
	SYMBOL(POLLRDNORM),
	SYMBOL(POLLWRNORM),
	SYMBOL(EPOLLIN),
	SYMBOL(EPOLLOUT),
	SYMBOL(EPOLLERR),
	SYMBOL(EPOLLHUP),
	SYMBOL(EPOLLRDHUP),
	SYMBOL(EPOLLET),
	SYMBOL(EPOLLONESHOT),
	SYMBOL(EPOLL_CTL_ADD),
	SYMBOL(EPOLL_CTL_DEL),
	SYMBOL(EPOLL_CTL_MOD),

	TCP_CA_NAME(Open, 0),
	TCP_CA_NAME(Disorder, 1),
	TCP_CA_NAME(CWR, 2),
	TCP_CA_NAME(Recovery, 3),
	TCP_CA_NAME(Loss, 4),
	SYMBOL(TCP_ESTABLISHED),
	SYMBOL(TCP_SYN_SENT),
	SYMBOL(TCP_SYN_RECV),
	SYMBOL(TCP_FIN_WAIT1),
	SYMBOL(TCP_FIN_WAIT2),
	SYMBOL(TCP_TIME_WAIT),
	SYMBOL(TCP_CLOSE),
	SYMBOL(TCP_CLOSE_WAIT),
	SYMBOL(TCP_LAST_ACK),
	SYMBOL(TCP_LISTEN),
	SYMBOL(TCP_CLOSING),
	SYMBOL(TCPI_OPT_TIMESTAMPS),
	SYMBOL(TCPI_OPT_SACK),
	SYMBOL(TCPI_OPT_WSCALE),
	SYMBOL(TCPI_OPT_ECN),
};

static const struct symbol errnos[] = {
	SYMBOL(EACCES),          SYMBOL(EADDRINUSE),      SYMBOL(EADDRNOTAVAIL),
	SYMBOL(EAFNOSUPPORT),    SYMBOL(EAGAIN),          SYMBOL(EALREADY),
	SYMBOL(EBADF),           SYMBOL(ECONNABORTED),    SYMBOL(ECONNREFUSED),
	SYMBOL(ECONNRESET),      SYMBOL(EDESTADDRREQ),    SYMBOL(EDOM),
	SYMBOL(EEXIST),          SYMBOL(EFAULT),          SYMBOL(EHOSTUNREACH),
	SYMBOL(EINPROGRESS),     SYMBOL(EINTR),           SYMBOL(EINVAL),
	SYMBOL(EISCONN),         SYMBOL(EMFILE),          SYMBOL(EMSGSIZE),
	SYMBOL(ENETUNREACH),     SYMBOL(ENOBUFS),         SYMBOL(ENOENT),
	SYMBOL(ENOMEM),          SYMBOL(ENOPROTOOPT),     SYMBOL(ENOSYS),
	SYMBOL(ENOTCONN),        SYMBOL(ENOTSOCK),        SYMBOL(ENOTTY),
	SYMBOL(EOPNOTSUPP),      SYMBOL(EPERM),           SYMBOL(EPIPE),
	SYMBOL(EPROTONOSUPPORT), SYMBOL(ESOCKTNOSUPPORT), SYMBOL(ETIMEDOUT),
};

bool
symbol_value(const char *name, long long *value)
{
	for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
		if (strcmp(symbols[i].name, name) == 0) {
			*value = symbols[i].value;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof errnos / sizeof errnos[0]; i++) {
		if (strcmp(errnos[i].name, name) == 0) {
			*value = errnos[i].value;
			return true;
		}
	}
	return false;
}

const char *
symbol_errno(int error)
{
	static char number[16];

	for (size_t i = 0; i < sizeof errnos / sizeof errnos[0]; i++) {
		if (errnos[i].value == error)
			return errnos[i].name;
	}
	(void)snprintf(number, sizeof number, "%d", error);
	return number;
}
