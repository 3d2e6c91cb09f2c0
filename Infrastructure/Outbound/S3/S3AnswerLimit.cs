using System.Net;

namespace ChunkUpload.Infrastructure.Outbound.S3;

/// <summary>
/// Limits the answers that the SDK reads and parses by itself. Only the content of a range, which is passed on as it arrives, has no limit.
/// </summary>
internal sealed class S3AnswerLimit(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        var isContent = answer.IsSuccessStatusCode && request.Method == HttpMethod.Get && request.Headers.Contains("Range");
        if (!isContent && request.Method != HttpMethod.Head)
            answer.Content = new LimitedContent(answer.Content);
        return answer;
    }

    private sealed class LimitedContent : HttpContent
    {
        private readonly HttpContent _inner;

        public LimitedContent(HttpContent inner)
        {
            _inner = inner;
            foreach (var (name, values) in inner.Headers.NonValidated)
                _ = Headers.TryAddWithoutValidation(name, values);
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() => new LimitedStream(await _inner.ReadAsStreamAsync());

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await using var body = await CreateContentReadStreamAsync();
            await body.CopyToAsync(stream);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _inner.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class LimitedStream(Stream inner) : Stream
    {
        private long _bytes, _tags;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _bytes;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer) => Count(buffer[..inner.Read(buffer)]);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            return Count(buffer.Span[..read]);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                inner.Dispose();
            base.Dispose(disposing);
        }

        private int Count(ReadOnlySpan<byte> read)
        {
            _bytes += read.Length;
            _tags += read.Count((byte)'<');
            return _bytes <= AnswerLimits.MostBytes && _tags <= AnswerLimits.MostTokens
                ? read.Length
                : throw new AnswerTooLongException();
        }
    }
}
