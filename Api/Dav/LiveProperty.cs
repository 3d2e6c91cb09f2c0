using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using ChunkUpload.Api.Files;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Dav;

/// <summary>A property whose value the service computes.</summary>
/// <param name="Write">Writes the value into its element.</param>
internal sealed record LiveProperty(XName Name, Func<DavResource, bool> Has, Action<XmlWriter, DavResource> Write)
{
    /// <summary>The namespace of properties that ownCloud has introduced.</summary>
    public static readonly XNamespace OwnCloud = "http://owncloud.org/ns";

    public static readonly XName Locks = DavXml.Dav + "lockdiscovery";
    public static readonly XName Used = DavXml.Dav + "quota-used-bytes";
    public static readonly XName Available = DavXml.Dav + "quota-available-bytes";

    /// <summary>The properties that allprop returns.</summary>
    public static IReadOnlyList<LiveProperty> All { get; } =
    [
        new(DavXml.Dav + "resourcetype", _ => true, static (xml, resource) =>
        {
            if (resource.IsFile)
                return;
            xml.WriteStartElement("D", "collection", DavXml.Dav.NamespaceName);
            xml.WriteEndElement();
        }),
        new(DavXml.Dav + "displayname", _ => true, static (xml, resource) => xml.WriteString(Visible(resource.Name))),
        new(DavXml.Dav + "creationdate", resource => resource.Entry is not null,
            static (xml, resource) => xml.WriteString(Iso(resource.Entry!.CreatedAt))),
        new(DavXml.Dav + "getlastmodified", resource => resource.Entry is not null,
            static (xml, resource) => xml.WriteString(HeaderUtilities.FormatDate(resource.Entry!.Modified.ToTime()))),
        new(DavXml.Dav + "getcontentlength", resource => resource.IsFile,
            static (xml, resource) => xml.WriteString((resource.Entry!.Size ?? 0).ToString(CultureInfo.InvariantCulture))),
        new(DavXml.Dav + "getcontenttype", resource => resource.Member?.ContentType is not null,
            static (xml, resource) => xml.WriteString(ServedType.Of(resource.Member!.ContentType!))),
        new(DavXml.Dav + "getetag", resource => resource.Entry?.Upload is not null,
            static (xml, resource) => xml.WriteString($"\"{resource.Entry!.Upload}\"")),
        new(DavXml.Dav + "supportedlock", resource => resource.Entry is not null, static (xml, _) => LockXml.WriteSupported(xml)),
        new(Locks, resource => resource.Entry is not null, static (xml, resource) =>
        {
            foreach (var (held, href) in resource.Locks)
                LockXml.Write(xml, held, href);
        }),
    ];

    /// <summary>All live properties by name, including those that must be requested by name.</summary>
    public static IReadOnlyDictionary<XName, LiveProperty> ByName { get; } = new LiveProperty[]
    {
        new(Used, resource => resource.Quota is not null,
            static (xml, resource) => xml.WriteString(resource.Quota!.Used.ToString(CultureInfo.InvariantCulture))),
        new(Available, resource => resource.Quota is not null,
            static (xml, resource) => xml.WriteString(resource.Quota!.Available.ToString(CultureInfo.InvariantCulture))),
        new(OwnCloud + "checksums", resource => resource.Entry?.Sha256 is not null, static (xml, resource) =>
            xml.WriteElementString("oc", "checksum", OwnCloud.NamespaceName, $"SHA256:{resource.Entry!.Sha256}")),
    }.Concat(All).ToDictionary(property => property.Name);

    private static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Replaces characters of names that are not allowed in XML.</summary>
    private static string Visible(string name) => name.All(character => XmlConvert.IsXmlChar(character) || char.IsSurrogate(character))
        ? name
        : string.Concat(name.Select(
            character => XmlConvert.IsXmlChar(character) || char.IsSurrogate(character) ? character : '\uFFFD'));
}
