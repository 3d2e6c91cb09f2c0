using System.Text;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;

namespace ChunkUpload.Api.Lists;

/// <summary>A whole list as a file: CSV with a line of names, or one JSON object a line. It is read and sent a page at a time.</summary>
/// <param name="name">The file's name without its extension.</param>
/// <param name="page">Finds the items after a given one; null for the first page.</param>
internal sealed class Export<T>(
    bool csv, string name, string head, Func<T, string> csvLine, Func<T, string> jsonLine,
    Func<T?, CancellationToken, Task<IReadOnlyList<T>>> page) : IResult
    where T : class
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var (response, stop) = (httpContext.Response, httpContext.RequestAborted);
        if (HttpMethods.IsHead(httpContext.Request.Method))
        {
            Describe(response);
            return;
        }

        await JsonAnswer.RoomOf(httpContext).SendAsync(httpContext, ILongAnswers.Streamed, () => WriteAsync(response, stop));
    }

    private void Describe(HttpResponse response)
    {
        response.ContentType = csv ? CsvText.MediaType : "application/x-ndjson";
        response.Headers.ContentDisposition = $"attachment; filename=\"{name}.{(csv ? "csv" : "ndjson")}\"";
    }

    private async Task WriteAsync(HttpResponse response, CancellationToken stop)
    {
        Describe(response);
        await using var writer = new StreamWriter(response.Body, new UTF8Encoding(false));
        if (csv)
            await writer.WriteAsync(head + "\r\n");
        for (T? last = null; await page(last, stop) is { Count: > 0 } found; last = found[^1])
        {
            foreach (var one in found)
                await writer.WriteAsync(csv ? csvLine(one) : jsonLine(one) + "\n");
            await writer.FlushAsync(stop);
        }
    }
}

internal static class Exports
{
    /// <summary>The parameter <c>format</c> of a list that is also available as a file.</summary>
    public static EndpointDoc.Parameter Parameter { get; } = new("format", "csv or json: all of it, as a file.", "csv");

    /// <returns>csv, json, or null.</returns>
    public static string? Read(QueryReader reader)
    {
        var format = reader.Text("format");
        if (format is not (null or "csv" or "json"))
            reader.Refuse("format must be csv or json.");
        return format;
    }
}
