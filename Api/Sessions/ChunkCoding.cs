using System.IO.Compression;
using System.IO.Pipelines;
using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Sessions;

/// <summary>
/// A compressed chunk. It is decoded before the engine, which only gets the decoded bytes: offsets, the kept part, digests and quotas refer
/// to these.
/// </summary>
internal sealed class ChunkCoding
{
    /// <summary>The supported codings, the better one first.</summary>
    public static readonly IReadOnlyList<string> Known = ["br", "gzip"];

    // No gzip stream reaches this ratio, so such a chunk of zeros can always be sent as gzip.
    private const long MostRatio = 1100;
    private const long LeastCounted = 1 << 20;
    private const int Buffer = 64 << 10;

    private readonly string _coding;

    private ChunkCoding(string coding) => _coding = coding;

    /// <summary>The fault of the coded bytes, which the engine only sees as an interrupted body.</summary>
    public Refusal? Fault { get; private set; }

    /// <param name="http">The request; if it is refused, the response lists the supported codings (RFC 7694).</param>
    /// <param name="coding">Null if the bytes are not coded.</param>
    public static Refusal? Read(HttpRequest http, out ChunkCoding? coding)
    {
        coding = null;
        var named = http.Headers.ContentEncoding.SelectMany(line => (line ?? "").Split(','))
            .Select(name => name.Trim().ToLowerInvariant()).Where(name => name is not ("" or "identity")).ToList();
        if (named.Count == 0)
            return null;
        if (named is not [var only] || !Known.Contains(only))
        {
            http.HttpContext.Response.Headers.AcceptEncoding = string.Join(", ", Known);
            return Refusal.Of(
                RequestError.MediaTypeNotSupported, "Send the bytes as they are, or with one Content-Encoding: br or gzip.");
        }

        coding = new ChunkCoding(only);
        return null;
    }

    /// <param name="http">The request.</param>
    /// <param name="length">The number of decoded bytes.</param>
    public UploadBody Decode(HttpRequest http, long length)
    {
        var coded = new CodedBytes(http.BodyReader.AsStream(leaveOpen: true));
        Stream decoder = _coding == "br"
            ? new BrotliStream(coded, CompressionMode.Decompress, leaveOpen: true)
            : new GZipStream(coded, CompressionMode.Decompress, leaveOpen: true);
        http.HttpContext.Response.RegisterForDispose(decoder);
        var guarded = new DecodedBytes(decoder, coded, this);
        return new UploadBody(PipeReader.Create(guarded, new StreamPipeReaderOptions(bufferSize: Buffer, leaveOpen: true)), length);
    }

    /// <summary>Counts the received bytes.</summary>
    private sealed class CodedBytes(Stream inner) : ReadOnlyStream
    {
        public long Count { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            Count += read;
            return read;
        }
    }

    /// <summary>Compares the number of decoded bytes with that of the coded ones.</summary>
    private sealed class DecodedBytes(Stream decoder, CodedBytes coded, ChunkCoding coding) : ReadOnlyStream
    {
        private long _count;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read;
            try
            {
                read = await decoder.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException)
            {
                coding.Fault = Refusal.Of(
                    UploadError.MalformedBody, $"The body is not valid {coding._coding}; send it again, or without Content-Encoding.");
                throw new BodyFaultException(BodyFault.Malformed, exception);
            }

            _count += read;
            if (_count <= LeastCounted || _count <= coded.Count * MostRatio)
                return read;
            coding.Fault = Refusal.Of(
                RequestError.AbsurdRatio,
                $"{coded.Count} bytes decode to more than {MostRatio} times as many; send such a chunk as gzip, or as it is.");
            throw new BodyFaultException(BodyFault.Malformed, new InvalidDataException("The body decodes to too many bytes."));
        }
    }
}
