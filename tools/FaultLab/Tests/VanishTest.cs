using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// A client disappears in the middle of a request without closing its connection, and returns over another one while the first still seems
/// open. It must be served at once, at the kept offset, and never be told that the upload is locked.
/// </summary>
internal sealed class VanishTest : IFaultTest
{
    private const int Size = 400_000;

    private static readonly TimeSpan Arrival = TimeSpan.FromMilliseconds(500);

    public string Name => "vanish";

    public string Number => "T9";

    public string Question => "Is a returning client served while its dead request is still open?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        var (vanished, overtaken) = (0, 0);
        var count = run.Count(ci: 30, soak: 2000);
        var service = new LabService(run, run.MakeFolder("data"));
        await service.StartAsync(cancellationToken);
        using var direct = new WitnessClient(service.Address, service.Key);
        while (run.Injected < count)
        {
            await using var proxy = new CutProxy(service.Address) { ToClient = Ending.Reset, ToService = Ending.Silence };
            using var vanishing = new WitnessClient(proxy.Address, service.Key);
            var seed = (ulong)run.Random.NextInt64();
            var created = await direct.AskAsync(
                HttpMethod.Post, "/files", null, cancellationToken, ("Tus-Resumable", "1.0.0"), ("Upload-Length", $"{Size}"));
            var path = created!.Path;
            proxy.CutAfter(run.Random.Next(2000, Size));
            vanished += await vanishing.AskAsync(HttpMethod.Patch, path, new ByteArrayContent(Material.Bytes(seed, 0, Size)),
                cancellationToken, ("Tus-Resumable", "1.0.0"), ("Upload-Offset", "0"),
                    ("Content-Type", "application/offset+octet-stream")) is null ? 1 : 0;
            run.Injected++;

            // The first request may still be on its way when the client returns. If it arrived before the HEAD, which every second attempt
            // ensures, the answered offset holds (E14).
            var arrived = run.Injected % 2 == 0;
            if (arrived)
                await Task.Delay(Arrival, TimeProvider.System, cancellationToken);
            for (var tries = 1; ; tries++)
            {
                var began = TimeProvider.System.GetTimestamp();
                var head = await direct.AskAsync(HttpMethod.Head, path, null, cancellationToken, ("Tus-Resumable", "1.0.0"));
                if (head is not { Status: 200, Offset: { } offset })
                {
                    run.Violate($"the client that came back was answered with {head}");
                    break;
                }

                run.Acknowledged++;
                times.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
                var patch = await direct.AskAsync(HttpMethod.Patch, path, new ByteArrayContent(Material.Bytes(seed, offset, Size - offset)),
                    cancellationToken, ("Tus-Resumable", "1.0.0"), ("Upload-Offset", $"{offset}"),
                        ("Content-Type", "application/offset+octet-stream"));
                if (patch is { Status: 204, Offset: Size })
                {
                    run.Acknowledged++;
                    break;
                }

                if (!arrived && tries < 3 && patch is { Status: 409, Code: "offset_conflict" })
                {
                    overtaken++;
                    continue;
                }

                run.Violate($"the client that came back at {offset} was answered with {patch}");
                break;
            }

            var served = await direct.AskAsync(HttpMethod.Get, $"/api/files/{path.Split('/')[^1]}/content", null, cancellationToken);
            run.Check(served?.Status == 200 && served.Body.AsSpan().SequenceEqual(Material.Bytes(seed, 0, Size)),
                $"the file of a client that came back is answered with {served}");
            run.Acknowledged += served?.Status == 200 ? 1 : 0;
        }

        times.Sort();
        run.Floor("clients that came back", times.Count, count);
        run.Floor("requests that ended without an answer", vanished, count * 9 / 10);
        run.Floor("acknowledgements", run.Acknowledged, 3L * count);
        run.Figures.Add($"HEAD beside the dead request: median {times[times.Count / 2]:0} ms, slowest {times[^1]:0} ms; {overtaken} were "
            + $"overtaken by it and asked again");
        await service.FsckAsync(cancellationToken);
    }
}
