using System.Globalization;
using System.Xml;
using ChunkUpload.Core.Dav;

namespace ChunkUpload.Api.Dav;

/// <summary>Writes locks in the form of the property lockdiscovery.</summary>
internal static class LockXml
{
    private static readonly string Dav = DavXml.Dav.NamespaceName;

    public static void WriteSupported(XmlWriter xml)
    {
        foreach (var scope in new[] { "exclusive", "shared" })
        {
            xml.WriteStartElement("D", "lockentry", Dav);
            WriteKind(xml, scope);
            xml.WriteEndElement();
        }
    }

    /// <param name="href">The address of the place that the lock is on.</param>
    public static void Write(XmlWriter xml, DavLock held, string href)
    {
        xml.WriteStartElement("D", "activelock", Dav);
        WriteKind(xml, held.Exclusive ? "exclusive" : "shared");
        xml.WriteElementString("D", "depth", Dav, held.Deep ? "infinity" : "0");
        if (held.Owner.Length > 0)
            xml.WriteRaw(held.Owner);
        xml.WriteElementString("D", "timeout", Dav, "Second-" + held.Seconds.ToString(CultureInfo.InvariantCulture));
        WriteHref(xml, "locktoken", LockToken.Of(held.Token));
        WriteHref(xml, "lockroot", href);
        xml.WriteEndElement();
    }

    private static void WriteKind(XmlWriter xml, string scope)
    {
        xml.WriteStartElement("D", "lockscope", Dav);
        xml.WriteElementString("D", scope, Dav, null);
        xml.WriteEndElement();
        xml.WriteStartElement("D", "locktype", Dav);
        xml.WriteElementString("D", "write", Dav, null);
        xml.WriteEndElement();
    }

    private static void WriteHref(XmlWriter xml, string name, string href)
    {
        xml.WriteStartElement("D", name, Dav);
        xml.WriteElementString("D", "href", Dav, href);
        xml.WriteEndElement();
    }
}
