using System.Security;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using ChunkUpload.Emulators.Control;
using Microsoft.AspNetCore.Http;

namespace ChunkUpload.Emulators.S3;

/// <summary>One authenticated request.</summary>
internal sealed class S3Call(HttpContext http, S3Target target, S3Signed signed)
{
    private const string Space = "http://s3.amazonaws.com/doc/2006-03-01/";

    public HttpContext Http => http;

    public S3Target Target => target;

    public S3Signed Signed => signed;

    public EmulatedAccount Account => signed.Account;

    public CancellationToken Stop => http.RequestAborted;

    public string? Header(string name) => http.Request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;

    public Task AnswerAsync(string root, string inner)
    {
        http.Response.ContentType = "application/xml";
        return http.Response.WriteAsync(
            $"""<?xml version="1.0" encoding="UTF-8"?>{"\n"}<{root} xmlns="{Space}">{inner}</{root}>""", Encoding.UTF8, Stop);
    }

    public static string Element(string name, string? value) => value is null ? "" : $"<{name}>{SecurityElement.Escape(value)}</{name}>";

    public static string Time(DateTimeOffset time) => $"{time.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}";

    /// <summary>The body as XML without its namespace.</summary>
    public async Task<XElement> XmlAsync()
    {
        try
        {
            var document = await XDocument.LoadAsync(http.Request.Body, LoadOptions.None, Stop);
            foreach (var element in document.Descendants())
                element.Name = element.Name.LocalName;
            return document.Root!;
        }
        catch (XmlException)
        {
            throw new S3Exception("MalformedXML");
        }
    }

    /// <summary>The metadata of the request's headers.</summary>
    public Dictionary<string, string> Metadata() => http.Request.Headers
        .Where(one => one.Key.StartsWith("x-amz-meta-", StringComparison.OrdinalIgnoreCase))
        .ToDictionary(one => one.Key["x-amz-meta-".Length..].ToLowerInvariant(), one => one.Value.ToString());
}
