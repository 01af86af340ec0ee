/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses of the network as an operator writes them: numbers only, so that
 * nobody has to be asked what a name means.
 */
#ifndef KSMFSD_ADDRESS_H
#define KSMFSD_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/**
 * address_parse() - read an address
 * @text: "127.0.0.1:9799" or "[::1]:9799"; port 0 is any that is free
 * @address: set to what it says
 *
 * Return: false if it is no such address.
 */
bool address_parse(const char *text, struct sockaddr_storage *address);

/* As address_parse() would read it; to be freed. */
char *address_text(const struct sockaddr_storage *address);

/* Whether only this host can reach it. */
bool address_is_loopback(const struct sockaddr_storage *address);

#endif /* KSMFSD_ADDRESS_H */
