using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Model;

/// <summary>
/// Runs one sequence: each step against the service and against the model, on uploads of its own. Throws where they differ.
/// </summary>
internal sealed class ModelRun(TusClient client)
{
    private static readonly (string, string) Version = ("Tus-Resumable", "1.0.0");
    private static readonly (string, string) Draft = ("Upload-Draft-Interop-Version", "9");
    private static readonly (string, string) TusType = ("Content-Type", TusClient.OffsetType);
    private static readonly (string, string) IetfType = ("Content-Type", "application/partial-upload");

    private readonly List<ModelUpload> _uploads = [];
    private int _at;

    public async Task RunAsync(IReadOnlyList<Step> steps)
    {
        for (_at = 0; _at < steps.Count; _at++)
            await StepAsync(steps[_at]);
        foreach (var upload in _uploads)
        {
            await CompareAskedAsync("at the end, asked", upload);
            await ReadAsync(upload);
        }
    }

    private async Task StepAsync(Step step)
    {
        // Each step sends different bytes, so that mixed-up bytes are noticed.
        var bytes = Enumerable.Range(0, step.Count).Select(i => (byte)((_at * 37) + i + 1)).ToArray();
        if (step.Verb == Verb.Create)
        {
            await CreateAsync((Kind)(step.Who % 4), step.Size < 0 ? null : step.Size, bytes, step.Flag);
            return;
        }

        if (_uploads.Count == 0)
            return;
        var upload = _uploads[step.Who % _uploads.Count];
        switch (step.Verb)
        {
            case Verb.Append when upload.Kind != Kind.Session:
                await AppendAsync(upload, Math.Max(0, upload.Bytes.Count + step.Shift), bytes, step.Size < 0 || step.Shift == 0
                    ? null
                    : step.Size, step.Flag);
                break;
            case Verb.PutChunk when upload.Kind == Kind.Session:
                // Often sends the bytes that were sent there before, so that repeats occur.
                if (step.Flag && step.Size % 2 == 0 && upload.Chunks.TryGetValue(step.Shift, out var before))
                    bytes = before;
                Compare(step, UploadModel.PutChunk(upload, step.Shift, bytes, step.Flag),
                    await PutChunkAsync(upload, step.Shift, bytes, step.Flag));
                break;
            case Verb.Complete when upload.Kind == Kind.Session:
                Compare(step, UploadModel.Complete(upload),
                    await client.SendAsync(HttpMethod.Post, $"/api/sessions/{upload.Id}/complete", null));
                break;
            case Verb.Ask:
                await CompareAskedAsync(step, upload);
                break;
            case Verb.Read:
                await ReadAsync(upload);
                break;
            case Verb.Delete:
                var path = upload.Kind != Kind.Session ? PathOf(upload) : upload.Stage is Stage.Done or Stage.Deleted
                    ? $"/api/files/{upload.Id}"
                    : PathOf(upload);
                Compare(step, UploadModel.Delete(upload),
                    await client.SendAsync(HttpMethod.Delete, path, null, upload.Kind is Kind.Ietf or Kind.Session ? [] : [Version]));
                break;
            case Verb.Join:
                await JoinAsync(step);
                break;
            case Verb.Stray:
                var root = upload.Kind is Kind.Ietf or Kind.Session ? "/files" : "/uploads";
                Compare(step, new(404),
                    await client.SendAsync(HttpMethod.Head, $"{root}/{upload.Id}", null, root == "/files" ? [Version] : [Draft]));
                break;
        }
    }

    private async Task CreateAsync(Kind kind, int? length, byte[] bytes, bool last)
    {
        var expected = UploadModel.Create(kind, length, bytes, last, out var created);
        (string, string)[] announced = length is { } known ? [("Upload-Length", Text(known))] : [];
        var answer = kind switch
        {
            Kind.Session => await client.SendAsync(HttpMethod.Post, "/api/sessions",
                new StringContent($"{{\"fileName\":\"f\",\"size\":{length ?? 3}}}", null, "application/json")),
            Kind.Ietf => await client.SendAsync(
                HttpMethod.Post, "/uploads", new ByteArrayContent(bytes), [Draft, ("Upload-Complete", last ? "?1" : "?0"), .. announced]),
            _ => await client.SendAsync(
                HttpMethod.Post, "/files", new ByteArrayContent(bytes),
                [Version, TusType, .. length is null ? [("Upload-Defer-Length", "1")] : announced, .. kind == Kind.Part
                    ? new[] { ("Upload-Concat", "partial") }
                    : []]),
        };
        Compare($"create {kind}, {length?.ToString(CultureInfo.InvariantCulture) ?? "no length"}, {bytes.Length} bytes, last: {last}",
            expected, answer);
        Add(created, answer);
    }

    private async Task AppendAsync(ModelUpload upload, int offset, byte[] bytes, int? declared, bool last)
    {
        var path = PathOf(upload);
        if (upload.Kind == Kind.Ietf)
        {
            var expected = UploadModel.Ietf(upload, offset, bytes, last);
            Compare($"append {bytes.Length} at {offset}, last: {last}", expected, await client.SendAsync(
                HttpMethod.Patch, path, new ByteArrayContent(bytes), Draft, IetfType, ("Upload-Offset", Text(offset)),
                    ("Upload-Complete", last ? "?1" : "?0")));
            return;
        }

        // Now and then declares a length, also for an upload that has one.
        if (!last)
            declared = upload.Length ?? upload.Bytes.Count + bytes.Length;
        var tus = UploadModel.Tus(upload, offset, bytes, declared);
        Compare($"append {bytes.Length} at {offset}, length {declared}", tus, await client.SendAsync(
            HttpMethod.Patch, path, new ByteArrayContent(bytes),
            [Version, TusType, ("Upload-Offset", Text(offset)), .. declared is { } length
                ? new[] { ("Upload-Length", Text(length)) }
                : []]));
    }

    private async Task JoinAsync(Step step)
    {
        // Mostly finished parts; now and then an upload that cannot be joined.
        var parts = _uploads.Where(upload => step.Flag ? upload is { Kind: Kind.Part, Stage: Stage.Done } : upload.Kind != Kind.Session)
            .Take(1 + step.Count).ToList();
        var expected = UploadModel.Join(parts, out var created);
        var answer = await client.SendAsync(
            HttpMethod.Post, "/files", null, Version,
                ("Upload-Concat", "final;" + string.Join(' ', parts.Select(part => $"/files/{part.Id}"))));
        Compare($"join {parts.Count}", expected, answer);
        Add(created, answer);
    }

    private Task<TusAnswer> AskAsync(ModelUpload upload) => upload.Kind == Kind.Session
        ? client.SendAsync(HttpMethod.Get, PathOf(upload), null)
        : client.SendAsync(HttpMethod.Head, PathOf(upload), null, upload.Kind == Kind.Ietf ? Draft : Version);

    private async Task ReadAsync(ModelUpload upload)
    {
        var answer = await client.ReadAsync($"/api/files/{upload.Id}/content");
        if (answer.Status != UploadModel.Read(upload).Status)
            throw new ModelException(
                $"Read of {upload.Kind} in stage {upload.Stage}: {answer.Status}, expected {UploadModel.Read(upload).Status}.");
        if (answer.Status == 200 && !answer.Bytes.AsSpan().SequenceEqual(upload.Content))
            throw new ModelException(
                $"{upload.Kind} has the bytes {Convert.ToHexString(answer.Bytes)}, expected {Convert.ToHexString(upload.Content)}.");
    }

    private Task<TusAnswer> PutChunkAsync(ModelUpload upload, int offset, byte[] bytes, bool right) => client.SendAsync(
        HttpMethod.Put, $"{PathOf(upload)}/chunks/{Text(offset)}", new ByteArrayContent(bytes),
        ("X-Chunk-SHA256", Convert.ToHexStringLower(SHA256.HashData(right ? bytes : [.. bytes, 0]))));

    private async Task CompareAskedAsync(object what, ModelUpload upload)
    {
        var answer = await AskAsync(upload);
        Compare(what, UploadModel.Ask(upload), answer);
        if (upload.Kind == Kind.Session || upload.IsGone)
            return;
        // Completeness and length in the words of each protocol.
        var whole = upload.Kind == Kind.Ietf ? (upload.Stage == Stage.Done ? "?1" : "?0") : upload.Length is null ? "1" : null;
        if (answer[upload.Kind == Kind.Ietf ? "Upload-Complete" : "Upload-Defer-Length"] != whole
            || answer["Upload-Length"] != upload.Length?.ToString(CultureInfo.InvariantCulture))
            throw new ModelException(
                $"Step {_at}, {what}: {string.Join(", ", answer.Headers)}, expected {whole} and length {upload.Length}.");
    }

    private void Add(ModelUpload? created, TusAnswer answer)
    {
        if (created is null)
            return;
        created.Id = created.Kind == Kind.Session || (created.Kind == Kind.Ietf && created.Stage == Stage.Done)
            ? JsonDocument.Parse(answer.Body).RootElement.GetProperty("id").GetString()!
            : answer.Path.Split('/')[^1];
        _uploads.Add(created);
    }

    private void Compare(object what, Expected expected, TusAnswer answer)
    {
        if (answer.Status != expected.Status || (expected.Offset is { } offset && answer.Offset != offset))
            throw new ModelException(
                $"Step {_at}, {what}: {answer.Status} at {answer.Offset}, expected {expected.Status} at {expected.Offset}. {answer.Body}");
    }

    private static string PathOf(ModelUpload upload) => upload.Kind switch
    {
        Kind.Session => $"/api/sessions/{upload.Id}",
        Kind.Ietf => $"/uploads/{upload.Id}",
        _ => $"/files/{upload.Id}",
    };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Service and model disagree.</summary>
internal sealed class ModelException(string message) : Exception(message);
