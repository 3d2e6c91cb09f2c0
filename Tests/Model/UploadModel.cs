namespace ChunkUpload.Tests.Model;

internal enum Kind
{
    Tus,
    Part,
    Ietf,
    Session,
    Final,
}

internal enum Stage
{
    Open,
    Done,
    Cancelled,
    Deleted,
}

/// <summary>The expected state of an upload.</summary>
internal sealed class ModelUpload(Kind kind, int? length)
{
    public Kind Kind { get; } = kind;

    public int? Length { get; set; } = length;

    public Stage Stage { get; set; }

    /// <summary>The bytes of a stream.</summary>
    public List<byte> Bytes { get; } = [];

    /// <summary>The chunks of a session by offset.</summary>
    public SortedDictionary<int, byte[]> Chunks { get; } = [];

    public string Id { get; set; } = "";

    public byte[] Content => Kind == Kind.Session ? [.. Chunks.Values.SelectMany(chunk => chunk)] : [.. Bytes];

    public bool IsGone => Stage is Stage.Cancelled or Stage.Deleted;

    public void Append(IEnumerable<byte> bytes)
    {
        Bytes.AddRange(bytes);
        if (Kind is Kind.Tus or Kind.Part && Bytes.Count == Length)
            Stage = Stage.Done;
    }

    public void Finish() => (Length, Stage) = (Bytes.Count, Stage.Done);
}

/// <param name="Offset">Null means that any offset is accepted.</param>
internal readonly record struct Expected(int Status, int? Offset = null);

/// <summary>The expected answer and effect of each request in both protocols and the session API, without time, disk and races.</summary>
internal static class UploadModel
{
    /// <param name="created">Null when nothing may be created.</param>
    public static Expected Create(Kind kind, int? length, byte[] bytes, bool last, out ModelUpload? created)
    {
        created = null;
        if (kind == Kind.Session)
        {
            created = new ModelUpload(kind, length ?? 3);
            return new(201);
        }

        if (bytes.Length > length || (kind == Kind.Ietf && last && length is not null && bytes.Length != length))
            return new(kind == Kind.Ietf ? 400 : 413);
        created = new ModelUpload(kind, length);
        created.Append(bytes);
        if (kind == Kind.Ietf && last)
            created.Finish();
        return new(201, bytes.Length);
    }

    public static Expected Tus(ModelUpload upload, int offset, byte[] bytes, int? declared)
    {
        var stands = upload.Bytes.Count;
        if (upload.IsGone)
            return new(410);
        if (upload.Kind == Kind.Final)
            return new(403);
        if (offset != stands)
            return new(409, stands);
        if (declared is not null && (declared < stands || (upload.Length is not null && declared != upload.Length)))
            return new(400, stands);
        if (stands + bytes.Length > (declared ?? upload.Length))
            return new(413, stands);
        upload.Length ??= declared;
        upload.Append(bytes);
        return new(204, upload.Bytes.Count);
    }

    public static Expected Ietf(ModelUpload upload, int offset, byte[] bytes, bool last)
    {
        var stands = upload.Bytes.Count;
        if (upload.IsGone)
            return new(404);
        if (upload.Stage == Stage.Done)
            return last && offset == stands && bytes.Length == 0 ? new(201, stands) : new(400);
        if (offset != stands)
            return new(409, stands);
        if (stands + bytes.Length > upload.Length)
        {
            upload.Stage = Stage.Cancelled;
            return new(400);
        }

        if (last && upload.Length is { } length && stands + bytes.Length < length)
            return new(400);
        upload.Append(bytes);
        if (last)
            upload.Finish();
        return new(last ? 201 : 204, upload.Bytes.Count);
    }

    public static Expected PutChunk(ModelUpload upload, int offset, byte[] bytes, bool right)
    {
        if (bytes.Length == 0)
            return new(400);
        var same = upload.Chunks.TryGetValue(offset, out var there) && right && there.AsSpan().SequenceEqual(bytes);
        if (same && !upload.IsGone)
            return new(200);
        if (upload.Stage != Stage.Open)
            return new(410);
        if (upload.Chunks.Any(chunk => chunk.Key < offset + bytes.Length && offset < chunk.Key + chunk.Value.Length))
            return new(409);
        if (offset + bytes.Length > upload.Length)
            return new(413);
        if (!right)
            return new(422);
        upload.Chunks.Add(offset, bytes);
        return new(201);
    }

    public static Expected Complete(ModelUpload upload)
    {
        if (upload.IsGone)
            return new(410);
        if (upload.Content.Length < upload.Length)
            return new(409);
        upload.Stage = Stage.Done;
        return new(200);
    }

    public static Expected Join(IReadOnlyList<ModelUpload> parts, out ModelUpload? created)
    {
        created = null;
        if (parts.Count == 0 || parts.Any(part => part.Kind != Kind.Part || part.Stage != Stage.Done))
            return new(400);
        created = new ModelUpload(Kind.Final, parts.Sum(part => part.Bytes.Count));
        created.Append(parts.SelectMany(part => part.Bytes));
        created.Stage = Stage.Done;
        return new(201);
    }

    public static Expected Ask(ModelUpload upload) => upload.Kind switch
    {
        Kind.Session => new(200),
        Kind.Ietf => upload.IsGone ? new(404) : new(204, upload.Bytes.Count),
        _ => upload.IsGone ? new(410) : new(200, upload.Bytes.Count),
    };

    public static Expected Read(ModelUpload upload) => upload switch
    {
        { Kind: Kind.Part } => new(404),
        { IsGone: true } => new(410),
        _ => new(upload.Stage == Stage.Done ? 200 : 409),
    };

    public static Expected Delete(ModelUpload upload)
    {
        if (upload.IsGone)
            return new(upload.Kind switch { Kind.Session => upload.Stage == Stage.Cancelled ? 200 : 204, Kind.Ietf => 404, _ => 410 });
        upload.Stage = upload.Stage == Stage.Done ? Stage.Deleted : Stage.Cancelled;
        return new(upload is { Kind: Kind.Session, Stage: Stage.Cancelled } ? 200 : 204);
    }
}
