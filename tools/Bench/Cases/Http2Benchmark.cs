using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Peers;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// One PATCH over HTTP/2 and TLS on a long path: the tests' proxy delays each direction by half a round trip and passes 400 Mbit/s. The
/// same bytes to the floor over plain TCP measure what it really passes.
/// </summary>
internal sealed class Http2Benchmark : IBenchmark
{
    private const double Share = 0.8;
    private const long Rate = 400_000_000 / 8;
    private const int SocketBuffer = 64 << 10;
    private const long WarmUp = 32 << 20;

    // Two hundred milliseconds at that rate.
    private const int RunsOnTheWay = 640;

    public string Name => "http2";

    public string Question => "Does HTTP/2 with TLS fill a long path?";

    public bool IsInAll => false;

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var size = options.Size ?? 256 << 20;
        using var scratch = new ScratchFolder(options, (size * 4) + (1L << 30));
        var tls = options with { Settings = ["--Host:Tls=true", .. options.Settings] };
        await using var service = await ServiceProcess.StartAsync(tls, scratch.Fresh("data"), cancellationToken);
        var kind = PeerKind.All.Single(kind => kind.Name == PeerKind.HashingFloor);
        await using var floor = await kind.Start(kind, options, scratch.Fresh("floor"), cancellationToken);
        var figures = new List<Figure>();
        foreach (var roundTrip in new[] { 20, 100 })
        {
            var (passed, ours, ratios) = (new List<double>(), new List<double>(), new List<double>());
            for (var run = 0; run < (options.Runs ?? 5); run++)
            {
                passed.Add(await FloorAsync(floor, roundTrip, size));
                ours.Add(await OursAsync(service, roundTrip, size, cancellationToken));
                ratios.Add(passed[^1] / ours[^1]);
                await Console.Error.WriteLineAsync(
                    $"  {roundTrip} ms: the proxy passes {passed[^1]:F1} MiB/s, HTTP/2 with TLS takes {ours[^1]:F1}");
            }

            figures.Add(new($"{roundTrip} ms of round trip: passed by the proxy", "MiB/s", passed));
            figures.Add(new($"{roundTrip} ms of round trip: HTTP/2 with TLS", "MiB/s", ours));
            figures.Add(new($"{roundTrip} ms of round trip: passed over taken (80 %)", "times", ratios, 1 / Share));
        }

        return figures;
    }

    private static CutProxy Proxy(Uri target, int roundTrip) => new(target)
    {
        Latency = TimeSpan.FromMilliseconds(roundTrip / 2.0),
        Rate = Rate,
        RunsOnTheWay = RunsOnTheWay,
        SendBufferSize = SocketBuffer,
    };

    private static async Task<double> FloorAsync(Peer floor, int roundTrip, long size)
    {
        await using var proxy = Proxy(floor.Address, roundTrip);
        return await Task.Run(() =>
        {
            using var wire = new Peers.Wire(floor, proxy.Address);
            var path = wire.Create(WarmUp + size);
            _ = wire.Append(path, 0, 0, WarmUp);
            var began = TimeProvider.System.GetTimestamp();
            _ = wire.Append(path, WarmUp, WarmUp, size);
            var speed = Speed(size, began);
            wire.Verify(new Stored(path, 0, WarmUp + size));
            return speed;
        });
    }

    private static async Task<double> OursAsync(ServiceProcess service, int roundTrip, long size, CancellationToken cancellationToken)
    {
        await using var proxy = Proxy(service.Address, roundTrip);
        using var certificate =
            X509Certificate2.CreateFromPem(await File.ReadAllTextAsync(Path.Combine(service.DataDirectory, "tls.pem"), cancellationToken));
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            // The service's certificate is self-signed.
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, shown, _, _) =>
                shown?.GetRawCertData().SequenceEqual(certificate.RawData) is true
            },
        };
        using var http = new HttpClient(handler)
        {
            BaseAddress = new UriBuilder(proxy.Address) { Scheme = "https" }.Uri,
            Timeout = TimeSpan.FromMinutes(10),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", service.Key);
        http.DefaultRequestHeaders.Add("Tus-Resumable", "1.0.0");
        using var create = new HttpRequestMessage(HttpMethod.Post, "/files") { Version = HttpVersion.Version20 };
        create.Headers.Add("Upload-Length", $"{WarmUp + size}");
        using var created = await http.SendAsync(create, cancellationToken);
        Expect(created, HttpStatusCode.Created);
        var path = new Uri(http.BaseAddress, created.Headers.Location!).AbsolutePath;
        await PatchAsync(http, path, 0, WarmUp, cancellationToken);
        var began = TimeProvider.System.GetTimestamp();
        await PatchAsync(http, path, WarmUp, size, cancellationToken);
        var speed = Speed(size, began);

        // Not through the proxy, because only the content matters.
        using var direct = new HttpRequestMessage(HttpMethod.Get, new Uri(service.Address, path)) { Version = HttpVersion.Version20 };
        using var download = await http.SendAsync(direct, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        Expect(download, HttpStatusCode.OK);
        var digest = await System.Security.Cryptography.SHA256.HashDataAsync(
            await download.Content.ReadAsStreamAsync(cancellationToken), cancellationToken);
        return digest.SequenceEqual(Material.Digest(0, WarmUp + size)) ? speed : throw new BenchException($"{path} is not what was sent.");
    }

    private static async Task PatchAsync(HttpClient http, string path, long offset, long count, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Patch, path)
        { Version = HttpVersion.Version20, Content = new MaterialContent(offset, count) };
        request.Headers.Add("Upload-Offset", $"{offset}");
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        using var response = await http.SendAsync(request, cancellationToken);
        Expect(response, HttpStatusCode.NoContent);
        if (response.Version != HttpVersion.Version20)
            throw new BenchException($"The service spoke HTTP/{response.Version}.");
    }

    private static void Expect(HttpResponseMessage response, HttpStatusCode status)
    {
        if (response.StatusCode != status)
            throw new BenchException(
                $"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri} was answered with {(int)response.StatusCode}.");
    }

    private static double Speed(long size, long began) => size / TimeProvider.System.GetElapsedTime(began).TotalSeconds / (1 << 20);

    private sealed class MaterialContent(long offset, long count) : HttpContent
    {
        private const int Slice = 256 << 10;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            for (long done = 0; done < count;)
            {
                var extent = Material.At(offset + done, Math.Min(count - done, Slice));
                await stream.WriteAsync(extent);
                done += extent.Length;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = count;
            return true;
        }
    }
}
