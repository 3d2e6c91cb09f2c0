using System.Xml.Linq;
using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Dav;

/// <summary>The properties that a PROPFIND requests.</summary>
/// <param name="Names">The requested names; null for all properties, or only their names.</param>
/// <param name="NamesOnly">Whether only the names of the properties are requested.</param>
/// <param name="Include">Properties that are requested in addition to all others.</param>
internal sealed record PropertyRequest(IReadOnlyList<XName>? Names, bool NamesOnly, IReadOnlyList<XName> Include)
{
    private static readonly PropertyRequest All = new(null, false, []);

    public static async Task<(PropertyRequest? Request, Refusal? Refusal)> ReadAsync(HttpContext context)
    {
        var (root, refusal) = await DavXml.ReadAsync(context);
        if (refusal is not null)
            return (null, refusal);
        if (root is null)
            return (All, null);
        if (root.Name != DavXml.Dav + "propfind")
            return (null, Malformed("The body must be a propfind element of the namespace DAV:."));
        if (root.Element(DavXml.Dav + "prop") is { } prop)
            return (new PropertyRequest(NamesIn(prop), false, []), null);
        if (root.Element(DavXml.Dav + "propname") is not null)
            return (new PropertyRequest(null, true, []), null);
        if (root.Element(DavXml.Dav + "allprop") is null)
            return (null, Malformed("A propfind element has prop, propname or allprop."));
        return (root.Element(DavXml.Dav + "include") is { } more ? All with { Include = NamesIn(more) } : All, null);
    }

    /// <summary>Returns whether this property is requested by name.</summary>
    public bool Asks(XName name) => (Names ?? Include).Contains(name);

    /// <summary>Whether the request may include properties that clients have set.</summary>
    public bool AsksForDead => Names is null || Names.Any(name => !LiveProperty.ByName.ContainsKey(name));

    public bool AsksForLocks => Names is null ? !NamesOnly : Names.Contains(LiveProperty.Locks);

    private static List<XName> NamesIn(XElement element) => [.. element.Elements().Select(child => child.Name).Distinct()];

    private static Refusal Malformed(string detail) => Refusal.Of(RequestError.MalformedXml, detail);
}
