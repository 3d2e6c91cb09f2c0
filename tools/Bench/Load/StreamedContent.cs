using System.Net;

namespace ChunkUpload.Bench.Load;

/// <summary>The whole file as one request body, with its length announced.</summary>
internal sealed class StreamedContent(Content content) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = content.NewBuffer();
        for (var index = 0; index < content.Count; index++)
            await stream.WriteAsync(content.Fill(index, buffer), cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = content.Size;
        return true;
    }
}
