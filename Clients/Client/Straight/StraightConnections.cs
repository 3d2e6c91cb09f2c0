using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ChunkUpload.Client.Straight;

/// <summary>
/// Connections to one device that has proved its key: nothing is sent before. This computer shows its own certificate.
/// </summary>
/// <param name="own">The identity of this computer.</param>
/// <param name="fingerprint">The key that the other device must have.</param>
internal sealed class StraightConnections(DeviceIdentity own, byte[] fingerprint)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Tries all addresses at once. The first one wins whose device proves its key within the time.</summary>
    /// <returns>The address of the device and that of this computer; <c>null</c> if none does.</returns>
    public async Task<(IPEndPoint Remote, IPAddress Local)?> FindAsync(
        IReadOnlyList<IPEndPoint> addresses, TimeSpan patience, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        end.CancelAfter(patience);
        var tries = addresses.Select(address => ProveAsync(address, end.Token)).ToList();
        try
        {
            while (tries.Count > 0)
            {
                var done = await Task.WhenAny(tries);
                _ = tries.Remove(done);
                if (await done is { } local)
                    return local;
            }

            stop.ThrowIfCancellationRequested();
            return null;
        }
        finally
        {
            await end.CancelAsync();
            _ = await Task.WhenAll(tries);
        }
    }

    /// <summary>Opens connections to a device that has been found. Each proves its key again.</summary>
    public HttpClient Open() => new(new SocketsHttpHandler
    {
        ConnectTimeout = ConnectTimeout,
        // The device closes a connection after a minute without a request.
        PooledConnectionIdleTimeout = IdleTimeout,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        SslOptions = Options(),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private async Task<(IPEndPoint Remote, IPAddress Local)?> ProveAsync(IPEndPoint address, CancellationToken stop)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(address, stop);
            await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: false));
            await tls.AuthenticateAsClientAsync(Options(), stop);
            return (address, ((IPEndPoint)socket.LocalEndPoint!).Address);
        }
        catch (Exception failure) when (failure is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            return null;
        }
    }

    private SslClientAuthenticationOptions Options() => new()
    {
        // Addresses are no names, and what is named in a certificate does not count.
        TargetHost = "",
        ClientCertificates = [own.Certificate],
        LocalCertificateSelectionCallback = (_, _, _, _, _) => own.Certificate,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => IsKnown(certificate),
    };

    private bool IsKnown(X509Certificate? certificate) => certificate is X509Certificate2 shown
        && CryptographicOperations.FixedTimeEquals(DeviceIdentity.FingerprintOf(shown), fingerprint);
}
