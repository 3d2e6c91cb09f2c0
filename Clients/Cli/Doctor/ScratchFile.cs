using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Client;
using ChunkUpload.Wire;

namespace ChunkUpload.Cli.Doctor;

/// <summary>A file at the service that is only sent to be measured, and is removed at the end whatever happens.</summary>
internal sealed class ScratchFile : IAsyncDisposable
{
    public const string Name = "cu-measures-the-line";

    private const int Largest = 16 << 20;

    // It cannot be compressed on the way.
    private static readonly byte[] Random = RandomNumberGenerator.GetBytes(Largest);

    private readonly RawCalls _calls;
    private readonly ConcurrentDictionary<int, string> _digests = new();
    private bool _isFile;

    private ScratchFile(RawCalls calls, string id) => (_calls, Id) = (calls, id);

    public string Id { get; }

    public static ReadOnlyMemory<byte> Bytes(int length) => Random.AsMemory(0, length);

    public static async Task<ScratchFile> BeginAsync(RawCalls calls, CancellationToken stop)
    {
        var answer = await calls.SendAsync(
            HttpMethod.Post, "api/sessions",
            new StringContent($$"""{"fileName":"{{Name}}","expiresInSeconds":3600}""", Encoding.UTF8, "application/json"), stop);
        return new ScratchFile(calls, (answer.IsGood ? answer.Field("id")?.GetString() : null) ?? throw answer.Failure());
    }

    public Task<RawAnswer> PutAsync(long offset, int length, CancellationToken stop) => _calls.SendAsync(
        HttpMethod.Put, PathOf(offset), Content(length), stop, (ServiceHeaders.ChunkSha256, DigestOf(length)));

    /// <summary>Sends the head of a chunk, and no byte unless it is asked for them.</summary>
    /// <returns>Null means the bytes would be taken.</returns>
    public async Task<RawAnswer?> AskAsync(long length, CancellationToken stop)
    {
        using var content = new RefusedBody(length);
        try
        {
            return await _calls.SendAsync(
                HttpMethod.Put, PathOf(0), content, stop, (ServiceHeaders.ChunkSha256, DigestOf(1)), ("Expect", "100-continue"));
        }
        catch (TransferException) when (content.IsAsked)
        {
            return null;
        }
    }

    /// <summary>Sends the first half of a chunk, keeps the other one back, and asks what of it the service has.</summary>
    public async Task<long> KeptOfHalfAsync(int length, TimeSpan wait, CancellationToken stop)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var content = new HalfBody(Bytes(length), wait, end.Token);
        var sending = _calls.SendAsync(HttpMethod.Put, PathOf(0), content, end.Token, (ServiceHeaders.ChunkSha256, DigestOf(length)));
        try
        {
            await Task.WhenAny(content.Waited, sending);
            var kept = await _calls.SendAsync(HttpMethod.Head, PathOf(0), null, stop);
            return long.TryParse(kept.Header("Upload-Offset"), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : 0;
        }
        finally
        {
            await end.CancelAsync();
            await sending.ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            // The rest would be in the way of the next one.
            _ = await _calls.SendAsync(HttpMethod.Delete, PathOf(0), null, stop);
        }
    }

    /// <returns>False if it did not become a file and is cancelled at the end.</returns>
    public async Task<bool> CompleteAsync(long size, CancellationToken stop)
    {
        var body = string.Create(CultureInfo.InvariantCulture, $$"""{"size":{{size}}}""");
        var answer = await _calls.SendAsync(
            HttpMethod.Post, $"api/sessions/{Id}/complete", new StringContent(body, Encoding.UTF8, "application/json"), stop);
        _isFile = answer.IsGood;
        return answer.Status == 200;
    }

    public async Task<HttpResponseMessage> FetchAsync(long from, long to, CancellationToken stop) => await _calls.OpenAsync(
        HttpMethod.Get, $"api/files/{Id}/content", null, stop,
        ("Range", string.Create(CultureInfo.InvariantCulture, $"bytes={from}-{to - 1}")));

    public async ValueTask DisposeAsync()
    {
        try
        {
            _ = await _calls.SendAsync(
                HttpMethod.Delete, _isFile ? $"api/files/{Id}" : $"api/sessions/{Id}", null, CancellationToken.None);
        }
        catch (TransferException)
        {
            // The service ends it after an hour without data.
        }
    }

    public static ByteArrayContent Content(int length)
    {
        var content = new ByteArrayContent(Random, 0, length);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return content;
    }

    public string DigestOf(int length) =>
        _digests.GetOrAdd(length, static count => Convert.ToHexStringLower(SHA256.HashData(Random.AsSpan(0, count))));

    private string PathOf(long offset) => string.Create(CultureInfo.InvariantCulture, $"api/sessions/{Id}/chunks/{offset}");

    /// <summary>A body of which not one byte is sent.</summary>
    private sealed class RefusedBody(long length) : HttpContent
    {
        public bool IsAsked { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            IsAsked = true;
            throw new IOException("It was only asked whether it would be taken.");
        }

        protected override bool TryComputeLength(out long bytes)
        {
            bytes = length;
            return true;
        }
    }

    /// <summary>A body that stops in its middle.</summary>
    private sealed class HalfBody(ReadOnlyMemory<byte> bytes, TimeSpan wait, CancellationToken end) : HttpContent
    {
        private readonly TaskCompletionSource _waited = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends some time after the first half is sent.</summary>
        public Task Waited => _waited.Task;

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await stream.WriteAsync(bytes[..(bytes.Length / 2)], end);
            await stream.FlushAsync(end);
            await Task.Delay(wait, end);
            _ = _waited.TrySetResult();
            await Task.Delay(Timeout.Infinite, end);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
