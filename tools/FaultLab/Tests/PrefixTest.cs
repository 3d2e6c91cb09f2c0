using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// A chunk breaks off, and the service reports how much of it is kept. Then the service is killed, and every second time a byte of the
/// prefix is flipped before the restart. An intact prefix must be there and be continued; a corrupted one must be rejected, and the chunk
/// begins anew.
/// </summary>
internal sealed class PrefixTest : IFaultTest
{
    private const int Size = 300_000;
    private const int AtOnce = 6;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public string Name => "prefix";

    public string Number => "T1";

    public string Question => "Is a prefix continued after kill -9, and a corrupted one rejected?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var kills = run.Count(ci: 4, soak: 300);
        var cluster = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        var service =
            new LabService(run, run.MakeFolder("data")) { Settings = { "--ConnectionStrings:Ledger=" + cluster.ConnectionString } };
        await service.StartAsync(cancellationToken);
        using var wire = new WitnessClient(service.Address, service.Key);
        var (believed, dropped) = (0, 0);
        while (run.Injected < kills)
        {
            var spoils = run.Injected % 2 == 1;
            var kept = new List<(string Session, ulong Seed, long Bytes)>();
            while (kept.Count < AtOnce)
                kept.Add(await BreakAsync());
            await service.KillAsync();
            run.Injected++;
            var files = Directory.GetFiles(Path.Combine(service.Data, "files", "chunks"), "*.part", SearchOption.AllDirectories);
            run.Floor("prefixes on the disk", files.Length, AtOnce);
            foreach (var file in spoils ? files : [])
                Turn(file);
            await service.StartAsync(cancellationToken);
            foreach (var (session, seed, bytes) in kept)
                await FinishAsync(session, seed, bytes, spoils);
        }

        run.Floor("prefixes that were continued", believed, AtOnce * ((kills + 1) / 2));
        run.Floor("corrupted prefixes that were rejected", dropped, AtOnce * (kills / 2));
        run.Floor("acknowledgements", run.Acknowledged, 3L * AtOnce * kills);
        run.Figures.Add($"{believed} prefixes continued, {dropped} corrupted ones rejected");
        // Removes corrupted prefixes that were given up, and what the killed incarnations left.
        await service.RunJobAsync("sweep-orphans", cancellationToken);
        await service.FsckAsync(cancellationToken);
        run.Check(await service.StopAsync() == 0, "the service did not stop in good order");

        // Sends until the service has reported a prefix, which then must hold.
        async Task<(string, ulong, long)> BreakAsync()
        {
            var seed = (ulong)run.Random.NextInt64();
            var created = await wire.AskAsync(HttpMethod.Post, "/api/sessions",
                JsonContent.Create(new JsonObject { ["fileName"] = "p.bin", ["size"] = Size }), cancellationToken);
            var session = $"/api/sessions/{created!.Json!["id"]}";
            while (true)
            {
                using var broken = new BrokenContent(Material.Bytes(seed, 0, Size), run.Random.Next(1000, Size));
                _ = await wire.AskAsync(
                    HttpMethod.Put, $"{session}/chunks/0", broken, cancellationToken, ("X-Chunk-SHA256", Material.Sha256(seed, 0, Size)));
                if (await wire.AskAsync(HttpMethod.Head, $"{session}/chunks/0", null, cancellationToken)
                    is { Status: 200, Offset: > 0 and var offset })
                {
                    run.Acknowledged++;
                    return (session, seed, offset);
                }

                await Task.Delay(Pause, TimeProvider.System, cancellationToken);
            }
        }

        async Task FinishAsync(string session, ulong seed, long bytes, bool spoiled)
        {
            var head = await wire.AskAsync(HttpMethod.Head, $"{session}/chunks/0", null, cancellationToken);
            var kept = head is { Status: 200, Offset: { } offset } ? offset : 0;
            // More than reported may be kept: a request that broke off earlier may have been recorded meanwhile.
            run.Check(spoiled ? kept == 0 : kept >= bytes,
                $"of {bytes} kept bytes, {(spoiled ? "corrupted" : "untouched")}, {kept} are offered after the kill: {head}");
            if (spoiled)
                dropped += kept == 0 ? 1 : 0;
            else
                believed += kept >= bytes ? 1 : 0;
            var rest = new ByteArrayContent(Material.Bytes(seed, kept, Size - kept));
            var digest = ("X-Chunk-SHA256", Material.Sha256(seed, 0, Size));
            var sent = kept > 0
                ? await wire.AskAsync(
                    HttpMethod.Put, $"{session}/chunks/0", rest, cancellationToken, digest, ("Content-Range", $"bytes {kept}-{Size - 1}/*"))
                : await wire.AskAsync(HttpMethod.Put, $"{session}/chunks/0", rest, cancellationToken, digest);
            run.Check(sent?.Status == 201, $"the rest of a chunk behind {kept} kept bytes was answered with {sent}");
            var completed = await wire.AskAsync(HttpMethod.Post, $"{session}/complete", null, cancellationToken);
            run.Check(completed?.Status is 200 or 202, $"its completion was answered with {completed}");
            var served = await wire.AskAsync(HttpMethod.Get, $"/api/files/{session.Split('/')[^1]}/content", null, cancellationToken);
            run.Check(served?.Status == 200 && served.Body.AsSpan().SequenceEqual(Material.Bytes(seed, 0, Size)),
                $"its content was answered with {served}");
            run.Acknowledged += 2;
        }

        void Turn(string file)
        {
            using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite);
            var at = run.Random.NextInt64(RandomAccess.GetLength(handle));
            var bytes = new byte[1];
            _ = RandomAccess.Read(handle, bytes, at);
            bytes[0] ^= 0x40;
            RandomAccess.Write(handle, bytes, at);
        }
    }
}
