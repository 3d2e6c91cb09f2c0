using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace ChunkUpload.FaultLab.Witness;

/// <summary>Uploads by sessions: chunks in any order, two at a time, some of them broken off and continued.</summary>
internal sealed class SessionClient(Load load)
{
    /// <param name="chunks">The number of chunks; 0 means one to eight at random.</param>
    public async Task<Sent?> BeginAsync(Random random, bool doomed, CancellationToken cancellationToken, int chunks = 0)
    {
        var number = load.NextNumber();
        var size = random.Next(1, load.Options.Largest);
        var seed = (ulong)random.NextInt64();
        var body = new JsonObject { ["fileName"] = $"w{number}.bin", ["size"] = size };
        if (doomed)
            body["expiresInSeconds"] = 10;
        else if (random.Next(2) == 0)
            body["sha256"] = Material.Sha256(seed, 0, size);
        var answer = await load.AskAsync(HttpMethod.Post, "/api/sessions", JsonContent.Create(body), cancellationToken);
        if (answer?.Status != 201)
            return null;
        return load.Begun(new Sent(number, Protocol.Session, [(seed, size)], $"/api/sessions/{answer.Json!["id"]}")
        {
            ChunkSize = Math.Max(1, size / (chunks > 0 ? chunks : random.Next(1, 9))),
            Fate = doomed ? Fate.Doomed : Fate.Open,
        });
    }

    /// <summary>Sends all chunks, now and then also one that is acknowledged already.</summary>
    public async Task SendAsync(Sent upload, Random random, CancellationToken cancellationToken)
    {
        var offsets = Offsets(upload);
        random.Shuffle(offsets);
        var seeds = offsets.ToDictionary(offset => offset, _ => random.Next());
        await Parallel.ForEachAsync(
            offsets, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellationToken }, async (offset, token) =>
            await ChunkAsync(upload, offset, new Random(seeds[offset]), token));
    }

    /// <returns>False when the upload is gone, which is allowed if it is doomed.</returns>
    public async Task<bool> ChunkAsync(Sent upload, long offset, Random random, CancellationToken cancellationToken)
    {
        var bytes = Material.Bytes(upload.Seed, offset, Math.Min(upload.ChunkSize, upload.Size - offset));
        var digest = Material.Sha256(upload.Seed, offset, bytes.Length);
        var path = $"{upload.Path}/chunks/{offset}";
        long kept = 0;
        while (true)
        {
            var rest = bytes[(int)kept..];
            var breaks = random.Next(100) < load.Options.BreakPercent && rest.Length > 1;
            HttpContent content = breaks ? new BrokenContent(rest, random.Next(rest.Length)) : new ByteArrayContent(rest);
            var answer = kept > 0
                ? await load.AskAsync(HttpMethod.Put, path, content, cancellationToken, ("X-Chunk-SHA256", digest),
                    ("Content-Range", $"bytes {offset + kept}-{offset + bytes.Length - 1}/*"))
                : await load.AskAsync(HttpMethod.Put, path, content, cancellationToken, ("X-Chunk-SHA256", digest));
            kept = 0;
            switch (answer)
            {
                case { Status: 200 or 201 }:
                    upload.AckChunk(offset, bytes.Length);
                    load.Journal.Ack(upload, "chunk", offset, bytes.Length);
                    return true;
                case null:
                    // Continue where the chunk broke, at the offset that the service reports, or begin again. Everything may be there if
                    // only the answer was lost.
                    if (random.Next(2) == 0 && await load.AskAsync(HttpMethod.Head, path, null, cancellationToken)
                        is { Status: 200, Offset: { } there } && there < bytes.Length)
                        kept = there;
                    break;
                case { Status: 409, Code: "prefix_conflict" }:
                    break;
                case { Status: 410 } when upload.Fate == Fate.Doomed:
                    return false;
                case { Status: < 500 } when !Load.IsLater(answer):
                    load.Journal.Violate(
                        $"chunk {offset} of {upload} was answered with {answer}: {System.Text.Encoding.UTF8.GetString(answer.Body)}");
                    return false;
                default:
                    break;
            }

            await Load.PauseAsync(cancellationToken);
        }
    }

    public async Task CompleteAsync(Sent upload, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["sha256"] = Material.Sha256(upload.Seed, 0, upload.Size) };
        while (true)
        {
            var answer =
                await load.MustAsync(HttpMethod.Post, $"{upload.Path}/complete", () => JsonContent.Create(body), cancellationToken);
            if (answer.Status == 200)
                break;
            if (answer.Status != 202)
            {
                load.Journal.Violate(
                    $"complete of {upload} was answered with {answer}: {System.Text.Encoding.UTF8.GetString(answer.Body)}");
                return;
            }

            await Load.PauseAsync(cancellationToken);
        }

        upload.Fate = Fate.Completed;
        load.Journal.Ack(upload, "completed", 0, upload.Size);
    }

    public static long[] Offsets(Sent upload) =>
        [.. Enumerable.Range(0, (int)((upload.Size + upload.ChunkSize - 1) / upload.ChunkSize))
            .Select(index => (long)index * upload.ChunkSize)];
}
