using System.Net;
using System.Net.Sockets;

namespace ChunkUpload.Infrastructure.Outbound;

/// <summary>
/// Creates the handlers for requests to addresses that users or other services have chosen. A name is resolved and checked when the
/// connection is made, so that it cannot resolve to another address after the check. No handler follows a redirect, uses a proxy or keeps
/// a cookie.
/// </summary>
internal static class OutboundHandler
{
    /// <param name="anywhere">Whether connections to this machine and to private networks are permitted.</param>
    public static SocketsHttpHandler Create(bool anywhere) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        MaxResponseHeadersLength = 16,
        MaxResponseDrainSize = 0,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        // Connect again after a minute, because the name may resolve to another address by then.
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, anywhere, cancellationToken),
    };

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint wanted, bool anywhere, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(wanted.Host, cancellationToken);
        var own = OutboundAddresses.Own();
        var allowed = addresses.Where(address => anywhere || OutboundAddresses.IsAllowed(address, own)).ToArray();
        if (allowed.Length == 0)
            throw new OwnNetworkException();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, wanted.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>None of the host's addresses is allowed.</summary>
internal sealed class OwnNetworkException() : HttpRequestException("The address leads into the service's own network.");
