using System.Net;
using System.Net.Quic;
using System.Net.Sockets;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Api.Hosting;

/// <summary>Checks the addresses to listen on and explains in a sentence why one cannot be used.</summary>
internal static class ListenAddresses
{
    /// <summary>
    /// Checks every address before the database is started. If another program takes an address after this check, Kestrel reports it
    /// when it listens.
    /// </summary>
    /// <exception cref="StartRefusedException">An address is in use, not permitted, or not an address of this machine.</exception>
    public static void Check(HostingOptions options)
    {
        if (options.Http3Urls is [var first, ..] && !QuicListener.IsSupported)
        {
            throw new StartRefusedException(
                $"{first} of Host:Http3Urls needs QUIC, which this machine cannot speak: install libmsquic (a package of Microsoft's "
                + "repositories for Linux), or leave Host:Http3Urls out.");
        }

        foreach (var url in options.AllUrls)
        {
            var address = BindingAddress.Parse(url);
            if (address.Port == 0)
                continue;
            var endPoint = EndPointOf(address);
            try
            {
                var isUdp = options.Http3Urls.Contains(url);
                using var socket = isUdp
                    ? new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
                    : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(endPoint);
                if (!isUdp)
                    socket.Listen();
            }
            catch (SocketException e) when (Sentence(e, url) is { } sentence)
            {
                throw new StartRefusedException(sentence, e);
            }
        }
    }

    /// <summary>Returns null when the exception is not about listening.</summary>
    public static string? Sentence(Exception exception, string urls)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is not SocketException socket)
                continue;
            return socket.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse =>
                    $"{urls} is in use by another program: stop that, or choose another address with --urls.",
                SocketError.AccessDenied => $"This user may not listen on {urls}: choose a port above 1023 with --urls.",
                SocketError.AddressNotAvailable => $"This machine does not have the address of {urls}: choose another with --urls.",
                _ => null,
            };
        }

        return null;
    }

    /// <summary>Returns whether it is impossible to listen on both addresses.</summary>
    public static bool Overlap(string first, string second)
    {
        var (one, other) = (BindingAddress.Parse(first), BindingAddress.Parse(second));
        return one.Port == other.Port && one.Port != 0
            && AllOf(one.Host).Any(mine => AllOf(other.Host).Any(its => Covers(mine, its) || Covers(its, mine)));
    }

    // Kestrel listens for localhost on both loopback addresses.
    private static IPAddress[] AllOf(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPOf(host)];

    // The listener of [::] accepts connections of both address families.
    private static bool Covers(IPAddress all, IPAddress one) =>
        all.Equals(one) || all.Equals(IPAddress.IPv6Any) || (all.Equals(IPAddress.Any) && one.AddressFamily == AddressFamily.InterNetwork);

    private static IPEndPoint EndPointOf(BindingAddress address) => new(IPOf(address.Host), address.Port);

    // As in Kestrel: a host that is not an IP address means all addresses.
    private static IPAddress IPOf(string host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return IPAddress.Loopback;
        if (IPAddress.TryParse(host.Trim('[', ']'), out var address))
            return address;
        return Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
    }
}
