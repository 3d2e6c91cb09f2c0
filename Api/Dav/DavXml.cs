using System.Text;
using System.Xml;
using System.Xml.Linq;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;

namespace ChunkUpload.Api.Dav;

/// <summary>Reads the XML bodies of requests with limits on their size, depth and time, without DTDs and custom entities.</summary>
internal static class DavXml
{
    public const string MediaType = "application/xml; charset=utf-8";

    public const int MaxBytes = 64 << 10;

    /// <summary>The number of nested elements.</summary>
    public const int MaxDepth = 32;

    public static readonly XNamespace Dav = "DAV:";

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersInDocument = MaxBytes,
        MaxCharactersFromEntities = 1024,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    };

    /// <returns>The root element; null if the body is empty.</returns>
    public static async Task<(XElement? Root, Refusal? Refusal)> ReadAsync(HttpContext context)
    {
        var (bytes, refusal) = await SmallBody.ReadAsync(context, MaxBytes, context.RequestAborted);
        if (bytes is null)
            return (null, refusal);
        if (bytes.Length == 0)
            return (null, null);
        try
        {
            return IsTooDeep(bytes)
                ? (null, Refusal.Of(RequestError.MalformedXml, $"The body has more than {MaxDepth} levels of elements."))
                : (Load(bytes), null);
        }
        catch (XmlException)
        {
            return (null, Refusal.Of(RequestError.MalformedXml, "The body is not well-formed XML with namespaces, or it has a DTD."));
        }
    }

    /// <summary>
    /// Returns the element as text. A carriage return is escaped, because it would be read as a line feed otherwise.
    /// </summary>
    public static string TextOf(XElement element)
    {
        var text = new StringBuilder();
        var settings = new XmlWriterSettings { OmitXmlDeclaration = true, NewLineHandling = NewLineHandling.Entitize };
        using (var xml = XmlWriter.Create(text, settings))
            element.WriteTo(xml);
        return text.ToString();
    }

    private static bool IsTooDeep(byte[] bytes)
    {
        using var reader = XmlReader.Create(new MemoryStream(bytes), Settings);
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.Element && reader.Depth >= MaxDepth)
                return true;
        }

        return false;
    }

    private static XElement Load(byte[] bytes)
    {
        using var reader = XmlReader.Create(new MemoryStream(bytes), Settings);
        return XElement.Load(reader, LoadOptions.PreserveWhitespace);
    }
}
