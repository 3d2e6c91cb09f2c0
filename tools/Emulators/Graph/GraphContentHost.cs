using System.Globalization;
using ChunkUpload.Emulators.Control;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Emulators.Graph;

/// <summary>
/// The host of uploads and downloads. Its addresses are credentials; a request that also has an access token is refused, as personal drives
/// do and the documentation says. Organizations' drives let older clients pass, which send it everywhere.
/// </summary>
internal sealed class GraphContentHost(GraphState state)
{
    public Task UploadAsync(HttpContext http, string token) => AnswerAsync(http, "session", () => http.Request.Method switch
    {
        "PUT" => state.Uploads.ReceiveAsync(http, token),
        "GET" => state.Uploads.StatusAsync(http, token),
        "DELETE" => state.Uploads.CancelAsync(http, token),
        "POST" => state.Uploads.CommitAsync(http, token),
        _ => Task.FromResult<GraphError?>(new GraphError(405, "invalidRequest", "An upload session has no such method.")),
    });

    public Task DownloadAsync(HttpContext http, string token) => AnswerAsync(http, "download", () => SendAsync(http, token));

    public Task MonitorAsync(HttpContext http, string id) => AnswerAsync(http, "copy", () => state.Uploads.CopyStatusAsync(http, id));

    private async Task AnswerAsync(HttpContext http, string operation, Func<Task<GraphError?>> act)
    {
        http.Journal().Operation = $"{operation}.{http.Request.Method.ToLowerInvariant()}";
        http.Response.Headers["request-id"] = Guid.NewGuid().ToString();
        var error = http.Request.Headers.ContainsKey("Authorization") && !state.Switches.IsOn(GraphSwitches.ContentAuthorization)
            ? new GraphError(401, "unauthenticated", "This address takes no Authorization header.")
            : await act();
        if (error is null)
            return;
        // A client that still sends would see a reset in place of the answer.
        await http.Request.Body.CopyToAsync(Stream.Null, http.RequestAborted);
        await GraphReply.ErrorAsync(http, error, state.Clock);
    }

    private async Task<GraphError?> SendAsync(HttpContext http, string token)
    {
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
            return new GraphError(405, "invalidRequest", "Content can only be read.");
        var (item, version, error) = state.Downloads.Find(token);
        if (item is null)
            return error;
        var (content, tag) = item.Drive.Read(() => (version < 0 ? item.Content! : item.Versions[version], item.ETag));
        if (!content.Data.IsReadable)
            return new GraphError(503, "serviceNotAvailable", "The emulator throws content away (sink).");
        var headers = http.Response.Headers;
        headers.AcceptRanges = "bytes";
        headers.ETag = tag.StartsWith('"') ? tag : $"\"{tag}\"";
        http.Response.ContentType = GraphView.MimeType(item.Name);
        var (first, last) = (0L, content.Size - 1);
        if (RangeHeaderValue.TryParse(http.Request.Headers.Range.ToString(), out var range)
            && range is { Unit.Value: "bytes", Ranges.Count: 1 })
        {
            var asked = range.Ranges.First();
            first = asked.From ?? Math.Max(0, content.Size - asked.To!.Value);
            last = asked.From is null ? last : Math.Min(last, asked.To ?? last);
            if (first > last)
            {
                headers.ContentRange = $"bytes */{content.Size.ToString(CultureInfo.InvariantCulture)}";
                return new GraphError(416, "invalidRange", "The range is behind the end of the content.");
            }

            if (FaultMiddleware.TruncatedRange(http) is { } most)
                last = Math.Min(last, first + most - 1);
            http.Response.StatusCode = 206;
            headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {first}-{last}/{content.Size}");
        }

        http.Response.ContentLength = last - first + 1;
        if (HttpMethods.IsGet(http.Request.Method) && last >= first)
            await content.Data.CopyToAsync(http.Response.Body, first, last - first + 1, http.RequestAborted);
        return null;
    }
}
