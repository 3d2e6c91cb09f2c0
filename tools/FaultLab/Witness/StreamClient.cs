using System.Globalization;

namespace ChunkUpload.FaultLab.Witness;

/// <summary>Uploads by tus and the IETF draft: appends at the offset that the service reports.</summary>
internal sealed class StreamClient(Load load)
{
    private static readonly (string, string) Version = ("Upload-Draft-Interop-Version", "8");

    public async Task<Sent?> BeginAsync(Protocol protocol, Random random, bool partial, CancellationToken cancellationToken)
    {
        var number = load.NextNumber();
        var size = random.Next(1, load.Options.Largest);
        var length = size.ToString(CultureInfo.InvariantCulture);
        var answer = protocol == Protocol.Tus
            ? await load.AskAsync(HttpMethod.Post, "/files", null, cancellationToken,
                [("Tus-Resumable", "1.0.0"), ("Upload-Length", length), .. partial ? new[] { ("Upload-Concat", "partial") } : []])
            : await load.AskAsync(HttpMethod.Post, "/uploads", new ByteArrayContent([]), cancellationToken, Version,
                ("Upload-Complete", "?0"), ("Upload-Length", length));
        return answer?.Status == 201
            ? load.Begun(new Sent(number, protocol, [((ulong)random.NextInt64(), size)], answer.Path) { IsPartial = partial })
            : null;
    }

    public async Task SendAsync(Sent upload, Random random, CancellationToken cancellationToken)
    {
        var offset = await OffsetAsync(upload, cancellationToken);
        while (offset < upload.Size)
        {
            var bytes = Material.Bytes(upload.Seed, offset, Math.Min(upload.Size - offset, random.Next(1, load.Options.Largest)));
            var breaks = random.Next(100) < load.Options.BreakPercent && bytes.Length > 1;
            HttpContent content = breaks ? new BrokenContent(bytes, random.Next(bytes.Length)) : new ByteArrayContent(bytes);
            var end = offset + bytes.Length;
            var answer = await AppendAsync(upload, offset, content, end == upload.Size, cancellationToken);
            if (answer is { Status: 200 or 201 or 204 })
            {
                var said = answer.Offset ?? end;
                if (said != end)
                    load.Journal.Violate($"{upload}: {bytes.Length} bytes at {offset} were answered with the offset {said}");
                offset = said;
                upload.AckOffset(offset);
                load.Journal.Ack(upload, "bytes", 0, offset);
                continue;
            }

            if (answer is not null && !Load.IsLater(answer) && answer.Status is not (409 or 400))
                load.Journal.Violate($"{upload}: bytes at {offset} were answered with {answer}");
            await Load.PauseAsync(cancellationToken);
            offset = await OffsetAsync(upload, cancellationToken);
        }

        if (upload.Protocol == Protocol.Ietf)
            await EndAsync(upload, cancellationToken);
        else if (!upload.IsPartial)
            Completed(upload);
    }

    /// <summary>Asks for the offset; less than was ever acknowledged is a loss.</summary>
    public async Task<long> OffsetAsync(Sent upload, CancellationToken cancellationToken)
    {
        var before = upload.AckedOffset;
        var answer = await load.MustAsync(
            HttpMethod.Head, upload.Path, null, cancellationToken, upload.Protocol == Protocol.Tus ? ("Tus-Resumable", "1.0.0") : Version);
        if (answer.Status is not (200 or 204) || answer.Offset is not { } offset)
        {
            load.Journal.Violate($"LOST: {upload} with {before} acknowledged bytes is answered with {answer}");
            return upload.Size;
        }

        if (offset < before)
            load.Journal.Violate($"LOST: {upload} had {before} acknowledged bytes and stands at {offset}");
        upload.AckOffset(offset);
        load.Journal.Ack(upload, "offset", 0, offset);
        return offset;
    }

    /// <summary>Concatenates the partial uploads into one file.</summary>
    public async Task<Sent?> JoinAsync(IReadOnlyList<Sent> partials, CancellationToken cancellationToken)
    {
        var answer = await load.AskAsync(HttpMethod.Post, "/files", null, cancellationToken,
            ("Tus-Resumable", "1.0.0"), ("Upload-Concat", "final;" + string.Join(' ', partials.Select(partial => partial.Path))));
        if (answer?.Status != 201)
            return null;
        var joined =
            load.Begun(new Sent(load.NextNumber(), Protocol.Joined, [.. partials.SelectMany(partial => partial.Parts)], answer.Path));
        Completed(joined);
        return joined;
    }

    public async Task<Sent?> PutAsync(Random random, CancellationToken cancellationToken)
    {
        var (number, size, seed) = (load.NextNumber(), random.Next(1, load.Options.Largest), (ulong)random.NextInt64());
        var answer = await load.AskAsync(
            HttpMethod.Put, $"/api/files/w{number}.bin", new ByteArrayContent(Material.Bytes(seed, 0, size)), cancellationToken);
        if (answer?.Status != 201)
            return null;
        var upload = load.Begun(new Sent(number, Protocol.Put, [(seed, size)], $"/api/files/{answer.Json!["id"]}"));
        if (answer.Json!["sha256"]?.GetValue<string>() != Material.Sha256(seed, 0, size))
            load.Journal.Violate($"{upload} was answered with another SHA-256");
        Completed(upload);
        return upload;
    }

    private void Completed(Sent upload)
    {
        upload.Fate = Fate.Completed;
        load.Journal.Ack(upload, "completed", 0, upload.Size);
    }

    private Task<Answer?> AppendAsync(Sent upload, long offset, HttpContent content, bool last, CancellationToken cancellationToken)
    {
        var at = offset.ToString(CultureInfo.InvariantCulture);
        return upload.Protocol == Protocol.Tus
            ? load.AskAsync(HttpMethod.Patch, upload.Path, content, cancellationToken, ("Tus-Resumable", "1.0.0"), ("Upload-Offset", at),
                ("Content-Type", "application/offset+octet-stream"))
            : load.AskAsync(HttpMethod.Patch, upload.Path, content, cancellationToken, Version, ("Upload-Offset", at),
                ("Upload-Complete", last ? "?1" : "?0"), ("Content-Type", "application/partial-upload"));
    }

    // The request with the last byte may have failed after that byte and before its end. Then an empty request completes the upload.
    private async Task EndAsync(Sent upload, CancellationToken cancellationToken)
    {
        while (true)
        {
            var head = await load.MustAsync(HttpMethod.Head, upload.Path, null, cancellationToken, Version);
            if (head["Upload-Complete"] == "?1")
                break;
            var answer = await AppendAsync(upload, upload.Size, new ByteArrayContent([]), last: true, cancellationToken);
            if (answer is { Status: 200 or 201 or 204 })
                break;
            if (answer is not null && !Load.IsLater(answer) && answer.Status is not (400 or 409))
                load.Journal.Violate($"{upload}: its end was answered with {answer}");
            await Load.PauseAsync(cancellationToken);
        }

        Completed(upload);
    }

}
