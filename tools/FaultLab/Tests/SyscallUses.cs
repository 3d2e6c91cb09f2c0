using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <param name="Alone">Nothing else runs beside the request, so a failed call is one of its own.</param>
internal sealed record SyscallWay(string Name, Func<SyscallTrial, Task> Run, bool Alone);

/// <summary>The uses of the service into which faults are injected. Each ends with the expected result or fails the run.</summary>
internal sealed class SyscallUses(LabRun run, WitnessClient wire, string data, CancellationToken cancellationToken)
{
    private const int Size = 150_000;

    // Long enough for direct writes, with an unaligned end.
    private const int LongSize = (1200 << 10) + 777;

    // The first and the last chunk are copied in whole pages, the one between by the kernel; the last begins within a page.
    private static readonly (int Offset, int Length)[] Chunks = [(0, 192 << 10), (192 << 10, 40_000), ((192 << 10) + 40_000, 128 << 10)];
    private static readonly int SessionSize = Chunks[^1].Offset + Chunks[^1].Length;

    private static readonly TimeSpan Merging = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(10);
    private static readonly (string, string) Tus = ("Tus-Resumable", "1.0.0");

    private readonly List<(string Content, ulong Seed, int Size)> _kept = [];
    private readonly HashSet<string> _single = [];
    private readonly HashSet<string> _doomed = [];
    private ulong _seed = (ulong)run.Seed << 32;

    public IReadOnlyList<SyscallWay> All =>
    [
        new("put", PutAsync, Alone: true), new("tus", TusAsync, Alone: true), new("chunk", ChunkAsync, Alone: true),
            new("long", LongAsync, Alone: true),
        new("broken", BrokenAsync, Alone: false), new("session", SessionAsync, Alone: false), new("joined", JoinedAsync, Alone: false),
        new("delete", DeleteAsync, Alone: false), new("cancel", CancelAsync, Alone: false),
    ];

    /// <summary>The number of uploads whose bytes must be served at the end.</summary>
    public int Kept => _kept.Count;

    /// <summary>Checks what must hold when all faults have passed, background work is done and the sweep has run.</summary>
    /// <param name="most">The number of uploads to compare once more.</param>
    public async Task SettleAsync(LabService service, int most)
    {
        var began = TimeProvider.System.GetTimestamp();
        do
        {
            await service.RunJobAsync("finish-pending", cancellationToken);
            await service.RunJobAsync("sweep-orphans", cancellationToken);
        }
        while ((Unmerged().Length > 0 || Left().Length > 0) && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30));
        run.Check(Unmerged().Length == 0, $"files of chunks were never merged: {string.Join(", ", Unmerged())}");
        run.Check(Left().Length == 0, $"files of what was deleted are still there: {string.Join(", ", Left())}");
        var compared = _kept.ToArray();
        run.Random.Shuffle(compared);
        foreach (var (content, seed, size) in compared.Take(most))
        {
            var served = await wire.AskAsync(HttpMethod.Get, content, null, cancellationToken);
            run.Check(served?.Status == 200 && served.Body.AsSpan().SequenceEqual(Material.Bytes(seed, 0, size)),
                $"{content}, in the end, is answered with {served}");
        }

        string[] Unmerged() => [.. Stored("chunks").Except(_single)];
        string[] Left() => [.. _doomed.Where(File.Exists)];
    }

    private async Task PutAsync(SyscallTrial trial) => await PutAsync(trial, Size);

    private async Task LongAsync(SyscallTrial trial) => await PutAsync(trial, LongSize);

    private async Task PutAsync(SyscallTrial trial, int size)
    {
        var seed = ++_seed;
        trial.Begin();
        var answer = await trial.UntilAsync(
            "a file", () => wire.AskAsync(HttpMethod.Put, "/api/files/s.bin", Body(seed, 0, size), cancellationToken), Is(201));
        await CompareAsync(trial, $"{answer.Json!["id"]}", seed, size);
    }

    private async Task TusAsync(SyscallTrial trial)
    {
        var seed = ++_seed;
        var path = await CreateTusAsync(trial, Size);
        trial.Begin();
        await AppendAsync(trial, path, seed, 0, Size);
        await CompareAsync(trial, path.Split('/')[^1], seed, Size);
    }

    private async Task ChunkAsync(SyscallTrial trial)
    {
        var (seed, session) = (++_seed, await CreateSessionAsync(trial, Size));
        var before = Stored("chunks");
        trial.Begin();
        await ChunkAsync(trial, session, seed, 0, Size);
        await CompleteAsync(trial, session, null);
        await CompareAsync(trial, session, seed, Size);
        _single.UnionWith(Stored("chunks").Except(before));
    }

    // A chunk whose request breaks off half way, so that space was reserved for more than is kept.
    private async Task BrokenAsync(SyscallTrial trial)
    {
        const int whole = 2 * Size;
        var (seed, session) = (++_seed, await CreateSessionAsync(trial, whole));
        var before = Stored("chunks");
        var (path, digest) = ($"/api/sessions/{session}/chunks/0", ("X-Chunk-SHA256", Material.Sha256(seed, 0, whole)));
        trial.Begin();
        using (var broken = new BrokenContent(Material.Bytes(seed, 0, whole), Size))
            _ = await wire.AskAsync(HttpMethod.Put, path, broken, cancellationToken, digest);
        _ = await trial.UntilAsync("a chunk that had broken off", RestAsync, Is(200, 201));
        await CompleteAsync(trial, session, null);
        await CompareAsync(trial, session, seed, whole);
        _single.UnionWith(Stored("chunks").Except(before));

        async Task<Answer?> RestAsync()
        {
            var head = await wire.AskAsync(HttpMethod.Head, path, null, cancellationToken);
            if (head is { Status: 404 })
                return await wire.AskAsync(HttpMethod.Put, path, Body(seed, 0, whole), cancellationToken, digest);
            if (head is not { Status: 200, Offset: { } kept } || kept == whole)
                return head;
            var rest = await wire.AskAsync(HttpMethod.Put, path, Body(seed, kept, whole - (int)kept), cancellationToken, digest,
                ("Content-Range", $"bytes {kept}-{whole - 1}/*"));
            // Only bytes that the device cannot read may be lost.
            if (rest?.Code == "prefix_conflict" && trial.Fault?.Code != SyscallFault.InputOutput)
                trial.Violate($"of {kept} bytes that were said to be kept the next request heard {rest}");
            return rest;
        }
    }

    // Chunks in any order, merged as they arrive and completed against a digest.
    private async Task SessionAsync(SyscallTrial trial)
    {
        var seed = ++_seed;
        var whole = Material.Sha256(seed, 0, SessionSize);
        var early = run.Random.Next(2) == 0;
        var session = await CreateSessionAsync(trial, SessionSize, early ? whole : null);
        var before = Stored("chunks");
        var order = Chunks.ToArray();
        run.Random.Shuffle(order);
        trial.Begin();
        foreach (var (offset, length) in order)
            await ChunkAsync(trial, session, seed, offset, length);
        await CompleteAsync(trial, session, early ? null : whole);
        await CompareAsync(trial, session, seed, SessionSize);
        // A failed merge continues some seconds later; the final check verifies that.
        for (var began = TimeProvider.System.GetTimestamp(); !trial.HasFired && TimeProvider.System.GetElapsedTime(began) < Merging
            && Stored("chunks").Except(before).Any();)
            await Task.Delay(Glance, TimeProvider.System, cancellationToken);
    }

    // A joined upload outlives its parts.
    private async Task JoinedAsync(SyscallTrial trial)
    {
        var seed = ++_seed;
        var parts = new List<string>();
        for (var part = 0; part < 2; part++)
            parts.Add(await CreateTusAsync(trial, Size / 2, ("Upload-Concat", "partial")));
        trial.Begin();
        for (var part = 0; part < 2; part++)
            await AppendAsync(trial, parts[part], seed, part * (Size / 2), Size / 2);
        var joined = await trial.UntilAsync("the whole of its parts",
            () => wire.AskAsync(
                HttpMethod.Post, "/files", null, cancellationToken, Tus, ("Upload-Concat", "final;" + string.Join(' ', parts))), Is(201));
        foreach (var part in parts)
            await EndAsync(trial, part, Tus);
        await CompareAsync(trial, joined.Path.Split('/')[^1], seed, Size);
    }

    // A finished file, every second time a session's.
    private async Task DeleteAsync(SyscallTrial trial)
    {
        var (before, seed) = (Stored(), ++_seed);
        string id;
        if (seed % 2 == 0)
        {
            var answer = await trial.UntilAsync(
                "a file", () => wire.AskAsync(HttpMethod.Put, "/api/files/s.bin", Body(seed, 0, Size), cancellationToken), Is(201));
            id = $"{answer.Json!["id"]}";
        }
        else
        {
            id = await CreateSessionAsync(trial, Size);
            await ChunkAsync(trial, id, seed, 0, Size);
            await CompleteAsync(trial, id, null);
        }

        _doomed.UnionWith(Stored().Except(before));
        trial.Begin();
        await EndAsync(trial, $"/api/files/{id}");
        var content = await wire.AskAsync(HttpMethod.Get, $"/api/files/{id}/content", null, cancellationToken);
        if (content?.Status is not (404 or 410))
            trial.Violate($"what was deleted is then answered with {content}");
    }

    // An unfinished upload: a session that has a chunk and a prefix, or every second time a tus upload with half of its bytes.
    private async Task CancelAsync(SyscallTrial trial)
    {
        var (before, seed) = (Stored(), ++_seed);
        string path;
        (string, string)[] headers = [];
        if (seed % 2 == 0)
        {
            (path, headers) = (await CreateTusAsync(trial, 2 * Size), [Tus]);
            await AppendAsync(trial, path, seed, 0, Size);
        }
        else
        {
            var session = await CreateSessionAsync(trial, 2 * Size);
            path = $"/api/sessions/{session}";
            await ChunkAsync(trial, session, seed, 0, Size);
            using var broken = new BrokenContent(Material.Bytes(seed, Size, Size), Size / 2);
            _ = await wire.AskAsync(
                HttpMethod.Put, $"{path}/chunks/{Size}", broken, cancellationToken, ("X-Chunk-SHA256", Material.Sha256(seed, Size, Size)));
        }

        _doomed.UnionWith(Stored().Except(before));
        trial.Begin();
        await EndAsync(trial, path, headers);
        _doomed.UnionWith(Stored().Except(before));
    }

    private async Task<string> CreateTusAsync(SyscallTrial trial, int size, params (string, string)[] headers)
    {
        var created = await trial.UntilAsync("a creation", () =>
            wire.AskAsync(HttpMethod.Post, "/files", null, cancellationToken, [Tus, ("Upload-Length", $"{size}"), .. headers]), Is(201));
        return created.Path;
    }

    private async Task<string> CreateSessionAsync(SyscallTrial trial, int size, string? sha256 = null)
    {
        var created = await trial.UntilAsync("a creation",
            () => wire.AskAsync(HttpMethod.Post, "/api/sessions",
                JsonContent.Create(new JsonObject { ["fileName"] = "s.bin", ["size"] = size, ["sha256"] = sha256 }), cancellationToken),
                    Is(201));
        return $"{created.Json!["id"]}";
    }

    // Appends at the service's offset; more bytes of the upload may follow.
    private async Task AppendAsync(SyscallTrial trial, string path, ulong seed, int offset, int length) =>
        _ = await trial.UntilAsync("an append", async () =>
        {
            var head = await wire.AskAsync(HttpMethod.Head, path, null, cancellationToken, Tus);
            if (head is not { Status: 200, Offset: { } at } || at == length)
                return head;
            return await wire.AskAsync(HttpMethod.Patch, path, Body(seed, offset + at, length - (int)at), cancellationToken, Tus,
                ("Upload-Offset", $"{at}"), ("Content-Type", "application/offset+octet-stream"));
        }, answer => answer.Status is 200 or 204 && answer.Offset == length);

    private async Task ChunkAsync(SyscallTrial trial, string session, ulong seed, int offset, int length) =>
        _ = await trial.UntilAsync("a chunk", () => wire.AskAsync(
            HttpMethod.Put, $"/api/sessions/{session}/chunks/{offset}", Body(seed, offset, length), cancellationToken,
                ("X-Chunk-SHA256", Material.Sha256(seed, offset, length))), Is(200, 201));

    private async Task CompleteAsync(SyscallTrial trial, string session, string? sha256) =>
        _ = await trial.UntilAsync("a completion", () => wire.AskAsync(
            HttpMethod.Post, $"/api/sessions/{session}/complete", sha256 is null
                ? null
                : JsonContent.Create(new JsonObject { ["sha256"] = sha256 }), cancellationToken), Is(200));

    // Repeated until it is done or was done before.
    private async Task EndAsync(SyscallTrial trial, string path, params (string, string)[] headers) =>
        _ = await trial.UntilAsync(
            "a deletion", () => wire.AskAsync(HttpMethod.Delete, path, null, cancellationToken, headers), Is(200, 204, 404, 410));

    private async Task CompareAsync(SyscallTrial trial, string id, ulong seed, int size)
    {
        var content = $"/api/files/{id}/content";
        _kept.Add((content, seed, size));
        _ = await trial.UntilAsync("the content", () => wire.AskAsync(HttpMethod.Get, content, null, cancellationToken), answer =>
        {
            if (answer.Status is 404 or 410 || (answer.Status == 200 && !answer.Body.AsSpan().SequenceEqual(Material.Bytes(seed, 0, size))))
                throw new LabException($"{trial.Fault}, and the content is answered with {answer}, other bytes or none");
            return answer.Status == 200;
        });
    }

    // Without assemblies: a merge that a fault delayed may create one at any time, and no upload that is deleted here has one.
    private HashSet<string> Stored() => [.. Stored("chunks"), .. Stored("segments")];

    private HashSet<string> Stored(string kind) =>
        [.. Directory.EnumerateFiles(Path.Combine(data, "files", kind), "*", SearchOption.AllDirectories)
            .Select(file => file.EndsWith(".part", StringComparison.Ordinal) ? file[..^5] : file)];

    private static ByteArrayContent Body(ulong seed, long offset, int length) => new(Material.Bytes(seed, offset, length));

    private static Func<Answer, bool> Is(params int[] good) => answer => good.Contains(answer.Status);
}
