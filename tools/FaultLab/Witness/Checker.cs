using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace ChunkUpload.FaultLab.Witness;

/// <summary>Compares acknowledged bytes with what the service reports and serves now.</summary>
internal sealed class Checker(Load load, SessionClient sessions, StreamClient streams)
{
    private static readonly string[] Gone = ["expired", "cancelled", "deleted"];

    /// <summary>Checks that nothing acknowledged is missing.</summary>
    /// <param name="content">Whether finished files are downloaded and compared.</param>
    public async Task CheckAsync(Sent upload, bool content, CancellationToken cancellationToken)
    {
        switch (upload.Fate)
        {
            case Fate.Open when upload.IsStream:
                _ = await streams.OffsetAsync(upload, cancellationToken);
                break;
            case Fate.Open:
                await CheckSessionAsync(upload, cancellationToken);
                break;
            case Fate.Doomed:
                var doomed = await load.MustAsync(HttpMethod.Get, upload.Path, null, cancellationToken);
                if (doomed.Status != 410 && doomed.Json?["state"]?.GetValue<string>() is not "open" and var state && !Gone.Contains(state))
                    load.Journal.Violate($"{upload}, left to the purge, is answered with {doomed}, {state}");
                break;
            case Fate.Completed:
                await CheckFileAsync(upload, content, cancellationToken);
                break;
            case Fate.Deleted:
                var answer = await load.MustAsync(HttpMethod.Get, $"/api/files/{upload.Id}/content", null, cancellationToken);
                if (answer.Status is not (404 or 410))
                    load.Journal.Violate($"{upload} is back: {answer}");
                break;
            default:
                break;
        }
    }

    /// <summary>Sends the missing bytes and compares every byte.</summary>
    public async Task FinishAsync(Sent upload, Random random, CancellationToken cancellationToken)
    {
        await CheckAsync(upload, content: false, cancellationToken);
        if (upload.Fate == Fate.Open && upload.IsStream)
        {
            await streams.SendAsync(upload, random, cancellationToken);
        }
        else if (upload.Fate == Fate.Open)
        {
            var acknowledged = upload.AckedChunks.Select(chunk => chunk.Offset).ToHashSet();
            foreach (var offset in SessionClient.Offsets(upload).Where(offset => !acknowledged.Contains(offset)))
                _ = await sessions.ChunkAsync(upload, offset, random, cancellationToken);
            await sessions.CompleteAsync(upload, cancellationToken);
        }

        await CheckAsync(upload, content: true, cancellationToken);
    }

    private async Task CheckSessionAsync(Sent upload, CancellationToken cancellationToken)
    {
        var acknowledged = upload.AckedChunks;
        var answer = await load.MustAsync(HttpMethod.Get, upload.Path, null, cancellationToken);
        if (answer.Status != 200 || answer.Json is not { } session)
        {
            load.Journal.Violate($"LOST: {upload} with {acknowledged.Count} acknowledged chunks is answered with {answer}");
            return;
        }

        if (session["state"]!.GetValue<string>() is "completing" or "completed")
            return;
        foreach (var gap in session["missing"]!.AsArray().Select(Range))
        {
            foreach (var chunk in acknowledged.Where(
                chunk => chunk.Offset < gap.Offset + gap.Length && gap.Offset < chunk.Offset + chunk.Length))
                load.Journal.Violate($"LOST: chunk {chunk.Offset}+{chunk.Length} of {upload} was acknowledged and is missing");
        }
    }

    private async Task CheckFileAsync(Sent upload, bool content, CancellationToken cancellationToken)
    {
        var answer = await load.MustAsync(HttpMethod.Get, $"/api/files/{upload.Id}", null, cancellationToken);
        if (answer.Status != 200 || answer.Json!["size"]!.GetValue<long>() != upload.Size)
        {
            load.Journal.Violate($"LOST: {upload} is answered with {answer}");
            return;
        }

        if (!content)
            return;
        var expected = Digest(upload);
        if (answer.Json["sha256"]?.GetValue<string>() is { } said && said != expected)
            load.Journal.Violate($"{upload} has the SHA-256 {said} instead of {expected}");
        var served = await load.MustAsync(HttpMethod.Get, $"/api/files/{upload.Id}/content", null, cancellationToken);
        if (served.Status != 200)
            load.Journal.Violate($"LOST: the content of {upload} is answered with {served}");
        else if (Convert.ToHexStringLower(SHA256.HashData(served.Body)) != expected)
            load.Journal.Violate($"LOST: the content of {upload} is served with other bytes");
    }

    private static string Digest(Sent upload)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (seed, length) in upload.Parts)
            Material.Append(hash, seed, 0, length);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static (long Offset, long Length) Range(JsonNode? node) =>
        (node!["offset"]!.GetValue<long>(), node["length"]!.GetValue<long>());
}
