using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ChunkUpload.Client;
using ChunkUpload.Wire;

namespace ChunkUpload.Cli.Doctor;

/// <summary>
/// The way to the service: 1. its name; 2. a connection; 3. its certificate; 4. the round trip of a request; 5. what answers, with which
/// version; 6. the clocks.
/// </summary>
internal sealed class ConnectionCheck(Target target, RawCalls calls, Report report)
{
    private const int Requests = 7;
    private const int FewDays = 14;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MostDrift = TimeSpan.FromSeconds(30);

    /// <summary>The median of some requests.</summary>
    public TimeSpan RoundTrip { get; private set; }

    public async Task RunAsync(CancellationToken stop)
    {
        if (HttpClient.DefaultProxy.GetProxy(target.Url) is { } proxy && proxy != target.Url)
        {
            report.Good("proxy", $"{proxy.Authority}, as this system or its environment (HTTPS_PROXY, HTTP_PROXY) asks for");
            report.Figures["proxy"] = proxy.Authority;
        }
        else
        {
            await ConnectAsync(stop);
        }

        await AskAsync(stop);
    }

    private async Task ConnectAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        try
        {
            // 1. Its name.
            var began = TimeProvider.System.GetTimestamp();
            var addresses = await Dns.GetHostAddressesAsync(target.Url.IdnHost, patience.Token);
            var named = TimeProvider.System.GetElapsedTime(began);

            // 2. A connection.
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            began = TimeProvider.System.GetTimestamp();
            await socket.ConnectAsync(addresses, target.Url.Port, patience.Token);
            var connected = TimeProvider.System.GetElapsedTime(began);
            var address = ((IPEndPoint)socket.RemoteEndPoint!).Address;
            address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            report.Good("connection", $"{address} in {Milliseconds(connected)}; the name took {Milliseconds(named)}");
            report.Figures["address"] = address.ToString();
            report.Figures["connectMs"] = Math.Round(connected.TotalMilliseconds, 2);

            // 3. Its certificate.
            if (target.Url.Scheme == Uri.UriSchemeHttps)
                await CertificateAsync(socket, patience.Token);
            else if (!IPAddress.IsLoopback(address))
                report.Bad(
                    "TLS", "The connection is not encrypted: others on the way see the key and the files.",
                    "Use https (docs/proxies.md), unless the network is your own.");
        }
        catch (SocketException failure)
        {
            throw new TransferException(
                TransferFailure.Network,
                failure.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain
                    ? $"The name {target.Url.Host} is not known. Is it spelled correctly, and is there a network?"
                    : $"No connection to {target.Url.Authority}: {failure.Message}. Does the service run there, and does a firewall "
                        + "let you pass?",
                failure);
        }
        catch (OperationCanceledException failure) when (!stop.IsCancellationRequested)
        {
            throw new TransferException(
                TransferFailure.Network,
                $"{target.Url.Authority} does not answer. A firewall that drops packets looks like this, and a machine that is off.",
                failure);
        }
    }

    private async Task CertificateAsync(Socket socket, CancellationToken stop)
    {
        var (faults, why) = (SslPolicyErrors.None, "");
        await using var tls = new SslStream(new NetworkStream(socket));
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = target.Url.IdnHost,
                    // This connection is only inspected: nothing is sent through it.
                    RemoteCertificateValidationCallback = (_, _, chain, errors) =>
                    {
                        faults = errors;
                        why = string.Join(' ', (chain?.ChainStatus ?? []).Select(status => status.StatusInformation.Trim()));
                        return true;
                    },
                },
                stop);
        }
        catch (Exception failure) when (failure is AuthenticationException or IOException)
        {
            report.Bad(
                "TLS", $"No encrypted connection: {failure.Message}",
                "Is there https at this port? A service without it is reached by http://.");
            return;
        }

        using var certificate = new X509Certificate2(tls.RemoteCertificate!);
        var days = (int)(certificate.NotAfter.ToUniversalTime() - TimeProvider.System.GetUtcNow().UtcDateTime).TotalDays;
        var about = $"{tls.SslProtocol}; the certificate of {certificate.GetNameInfo(X509NameType.SimpleName, false)}, issued by "
            + $"{certificate.GetNameInfo(X509NameType.SimpleName, true)}";
        report.Figures["certificateDays"] = days;
        if (days < 0)
            report.Bad(
                "TLS", $"{about}, ended {-days} days ago.", "The operator of the service must renew it. Is this machine's clock right?");
        else if (faults.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            report.Bad("TLS", $"{about}, is not for {target.Url.Host}.", "Use the name that it is for, or have it made for this one, too.");
        else if (faults != SslPolicyErrors.None)
            report.Bad(
                "TLS", $"{about}, is not trusted here. {why}".TrimEnd(),
                "Add its authority to those that this system trusts. If you did not expect that, somebody may be reading along.");
        else if (days < FewDays)
            report.Bad("TLS", $"{about}, ends in {days} days.", "The operator of the service must renew it.");
        else
            report.Good("TLS", $"{about}, is good for {days} days");
    }

    private async Task AskAsync(CancellationToken stop)
    {
        // 4. The first one makes the connection.
        var times = new List<TimeSpan>();
        RawAnswer answer = null!;
        var apart = TimeSpan.Zero;
        for (var at = 0; at < Requests; at++)
        {
            var (before, began) = (TimeProvider.System.GetUtcNow(), TimeProvider.System.GetTimestamp());
            answer = await calls.SendAsync(
                HttpMethod.Get, "health/live", null, stop, (ServiceHeaders.Version, ProgramVersions.Text(ProgramVersions.Own)));
            var took = TimeProvider.System.GetElapsedTime(began);
            if (at > 0)
                times.Add(took);
            // The header has whole seconds, so that the middle of them is meant.
            if (answer.Headers.Date is { } date)
                apart = before + (took / 2) - date - TimeSpan.FromSeconds(0.5);
        }

        times.Sort();
        RoundTrip = times[times.Count / 2];
        report.Figures["roundTripMs"] = Math.Round(RoundTrip.TotalMilliseconds, 2);
        report.Good(
            "round trip", $"{Milliseconds(RoundTrip)} (of {times.Count} requests; {Milliseconds(times[0])} to {Milliseconds(times[^1])})");

        // 5. What answers, with which version.
        var version = answer.Header(ServiceHeaders.Version);
        var between = answer.Header("Via");
        report.Figures["client"] = Target.Version;
        report.Figures["service"] = version;
        if (!answer.IsGood || version is null)
        {
            throw new TransferException(
                TransferFailure.NotFound,
                answer.Code is not null
                    ? answer.Failure().Message
                    : $"What answers at {target.Url} is no ChunkUpload service (status {answer.Status}). Is the address right, with its "
                        + "path?")
            {
                Code = answer.Code,
                Status = answer.Status,
            };
        }

        report.Good("versions", $"cu {Target.Version}, service {version}" + (between is null ? "" : $", through {between}"));

        // 6. The clocks.
        report.Figures["clockSeconds"] = Math.Round(apart.TotalSeconds, 1);
        if (apart.Duration() > MostDrift)
        {
            report.Bad(
                "clock", $"This machine's clock is {Figures.Time(apart.Duration())} {(apart > TimeSpan.Zero ? "ahead of" : "behind")} the "
                    + "service's.",
                "Let the system set it (NTP): times of files would be wrong, and certificates seem to have ended.");
        }
        else
        {
            var most = Math.Abs(apart.TotalSeconds) + 0.5;
            report.Good("clock", string.Create(CultureInfo.InvariantCulture, $"within {most:0} s of the service's"));
        }
    }

    private static string Milliseconds(TimeSpan time) =>
        time.TotalMilliseconds.ToString(time.TotalMilliseconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " ms";
}
