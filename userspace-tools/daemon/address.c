// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses of the network.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "../tool.h"
#include "address.h"

static bool parse_host(const char *host, bool is_v6, in_port_t port,
		       struct sockaddr_storage *address)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;

	*address = (struct sockaddr_storage){ 0 };
	if (is_v6) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = port;
		return inet_pton(AF_INET6, host, &v6->sin6_addr) == 1;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = port;
	return inet_pton(AF_INET, host, &v4->sin_addr) == 1;
}

bool address_parse(const char *text, struct sockaddr_storage *address)
{
	bool is_v6 = *text == '[';
	char *host = xstrdup(text + is_v6), *colon = strrchr(host, ':');
	bool good = colon;
	uint64_t port;

	if (good) {
		*colon = '\0';
		good = text_to_u64(colon + 1, &port) && port <= UINT16_MAX;
	}
	if (good && is_v6) {
		good = colon > host && colon[-1] == ']';
		if (good)
			colon[-1] = '\0';
	}
	good = good && parse_host(host, is_v6, htons(port), address);
	free(host);
	return good;
}

char *address_text(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	char host[INET6_ADDRSTRLEN];

	if (address->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
		return xprintf("[%s]:%u", host, ntohs(v6->sin6_port));
	}
	inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
	return xprintf("%s:%u", host, ntohs(v4->sin_port));
}

bool address_is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;

	if (address->ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	return ntohl(v4->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}
