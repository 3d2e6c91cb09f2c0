using System.Net;
using System.Net.Http.Headers;
using ChunkUpload.Core.Storage;
using ChunkUpload.Infrastructure.Storage;

namespace ChunkUpload.Infrastructure.Nodes;

/// <summary>Reads a file of another node.</summary>
internal sealed class NodeFileReader(NodeClient client, string path, long length) : WindowReader(length)
{
    protected override async Task<Window> OpenAsync(long offset, long end, CancellationToken cancellationToken)
    {
        var answer = await client.SendAsync(
            HttpMethod.Get, path, new RangeHeaderValue(offset, end - 1), null, cancellationToken);
        try
        {
            if (answer.StatusCode != HttpStatusCode.PartialContent || answer.Content.Headers.ContentLength != end - offset
                || answer.Content.Headers.ContentRange?.From != offset)
            {
                throw new StoreException(StoreError.Unreachable, "the answer has another range.");
            }

            return new Window(answer, await answer.Content.ReadAsStreamAsync(cancellationToken), offset, end);
        }
        catch
        {
            answer.Dispose();
            throw;
        }
    }

    protected override bool IsFailure(Exception reason) => NodeClient.IsFailure(reason);

    protected override StoreException Failed(Exception reason) => client.Failed(reason);
}
