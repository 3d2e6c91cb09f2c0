using System.Text;
using System.Xml;
using System.Xml.Linq;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Tree;
using ChunkUpload.Core.Dav;
using ChunkUpload.Core.Tree;
using Microsoft.Net.Http.Headers;

namespace ChunkUpload.Api.Dav;

/// <summary>
/// PROPPATCH: sets and removes properties of a file or folder, and its time. 1. the address and the body; 2. what would be changed; 3. the
/// change: all of it, or nothing; 4. the answer about each property.
/// </summary>
internal static class PropPatch
{
    /// <summary>The maximum size of all properties of an entry, in bytes.</summary>
    private const long MaxBytes = 64 << 10;

    private const string Ok = "HTTP/1.1 200 OK";
    private const string Dependent = "HTTP/1.1 424 Failed Dependency";

    private static readonly XName[] Times =
    [
        DavXml.Dav + "lastmodified", DavXml.Dav + "getlastmodified", (XNamespace)"urn:schemas-microsoft-com:" + "Win32LastModifiedTime",
    ];

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapMethods(DavRoutes.Pattern, ["PROPPATCH"], HandleAsync).RequireAuthorization(AccessPolicy.Upload).ExcludeFromDescription();

    private static async Task<IResult> HandleAsync(
        HttpContext context, FileTree tree, DavSpaces spaces, DavGuards guards, IDavProperties properties)
    {
        // 1. The address and the body.
        var (address, unknown) = await DavAddress.ReadAsync(context, spaces, change: true);
        if (address is null)
            return unknown!;
        if (address.Name is null)
            return DavRefusals.Root();
        var (root, malformed) = await DavXml.ReadAsync(context);
        if (malformed is not null)
            return malformed;
        if (root is null || root.Name != DavXml.Dav + "propertyupdate")
            return Refusal.Of(RequestError.MalformedXml, "The body must be a propertyupdate element of the namespace DAV:.");
        var (guard, refused) = await guards.ReadAsync(context, address);
        if (guard is null)
            return refused!;
        var found = await address.FindAsync(tree, context.RequestAborted);
        if (!found.Ok)
            return DavRefusals.Of(context, found.Failure);
        var entry = found.Value.Entry;
        var (headers, wrong) = EntryHeaders.Read(context.Request.Headers, allConditions: true);
        if (headers is null)
            return wrong!;
        if (headers.Refuse(entry) is { } unmet)
            return unmet;

        // 2. What would be changed.
        var plan = new Plan();
        foreach (var step in root.Elements().Where(step => step.Name == DavXml.Dav + "set" || step.Name == DavXml.Dav + "remove"))
        {
            foreach (var property in step.Elements(DavXml.Dav + "prop").Elements())
                plan.Add(property, set: step.Name == DavXml.Dav + "set");
        }

        if (plan.Named.Count == 0)
            return Refusal.Of(RequestError.MalformedXml, "The body must set or remove one property at least.");

        // 3. The change: all of it, or nothing.
        if (plan.Failed.Count == 0)
        {
            var change = new PropertyChange([.. plan.Set.Values], [.. plan.Removed], plan.Modified);
            var failure = await properties.ChangeAsync(
                entry, change, context.Caller().Subject, MaxBytes, guard, headers.RevisionOf(entry), context.RequestAborted);
            if (failure is not null)
                return DavRefusals.Of(context, failure);
        }

        // 4. The answer about each property.
        await AnswerAsync(context, address.HrefOf(context, address.Path, entry.Kind == EntryKind.Folder), plan);
        return TypedResults.Empty;
    }

    private static async Task AnswerAsync(HttpContext context, string href, Plan plan)
    {
        var dav = DavXml.Dav.NamespaceName;
        var bytes = new MemoryStream();
        using (var xml = XmlWriter.Create(bytes, new XmlWriterSettings { Encoding = new UTF8Encoding(false) }))
        {
            xml.WriteStartElement("D", "multistatus", dav);
            xml.WriteStartElement("D", "response", dav);
            xml.WriteElementString("D", "href", dav, href);
            foreach (var group in plan.Named.Distinct().GroupBy(
                name => plan.Failed.GetValueOrDefault(name) ?? (plan.Failed.Count > 0 ? Dependent : Ok)))
            {
                xml.WriteStartElement("D", "propstat", dav);
                xml.WriteStartElement("D", "prop", dav);
                foreach (var name in group)
                    xml.WriteElementString(name.LocalName, name.NamespaceName, null);
                xml.WriteEndElement();
                xml.WriteElementString("D", "status", dav, group.Key);
                if (group.Key is Plan.Protected)
                {
                    xml.WriteStartElement("D", "error", dav);
                    xml.WriteElementString("D", "cannot-modify-protected-property", dav, null);
                    xml.WriteEndElement();
                }

                xml.WriteEndElement();
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        context.Response.StatusCode = StatusCodes.Status207MultiStatus;
        context.Response.ContentType = DavXml.MediaType;
        await context.Response.Body.WriteAsync(bytes.ToArray(), context.RequestAborted);
    }

    /// <summary>The combined result of the instructions.</summary>
    private sealed class Plan
    {
        public const string Protected = "HTTP/1.1 403 Forbidden";
        private const string Wrong = "HTTP/1.1 409 Conflict";

        public List<XName> Named { get; } = [];

        public Dictionary<XName, DavProperty> Set { get; } = [];

        public HashSet<string> Removed { get; } = new(StringComparer.Ordinal);

        public Dictionary<XName, string> Failed { get; } = [];

        public NanoTime? Modified { get; private set; }

        public void Add(XElement property, bool set)
        {
            var name = property.Name;
            Named.Add(name);
            if (Times.Contains(name))
            {
                if (set && TryReadTime(property.Value.Trim(), out var time))
                    Modified = time;
                else
                    Failed[name] = set ? Wrong : Protected;
            }
            else if (LiveProperty.ByName.ContainsKey(name))
            {
                Failed[name] = Protected;
            }
            else if (set)
            {
                Set[name] = new DavProperty(name.ToString(), ValueOf(property));
                _ = Removed.Remove(name.ToString());
            }
            else
            {
                _ = Set.Remove(name);
                _ = Removed.Add(name.ToString());
            }
        }

        /// <summary>Returns the element as XML, with the language that a parent element declares (RFC 4918, 4.3).</summary>
        private static string ValueOf(XElement property)
        {
            var language = XNamespace.Xml + "lang";
            if (property.AncestorsAndSelf().Select(one => one.Attribute(language)).FirstOrDefault(one => one is not null) is { } declared)
                property.SetAttributeValue(language, declared.Value);
            return DavXml.TextOf(property);
        }

        private static bool TryReadTime(string text, out NanoTime time)
        {
            if (NanoTime.TryParse(text, out time))
                return true;
            if (!HeaderUtilities.TryParseDate(text, out var parsed) || parsed.Year is < 1678 or > 2261)
                return false;
            time = NanoTime.Of(parsed);
            return true;
        }
    }
}
