using System.Text;
using System.Xml;
using ChunkUpload.Core.Dav;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Dav;

/// <summary>
/// Creates responses for changes that locks prevent: 423, or 207 with the locked places if an entry in the folder is locked.
/// </summary>
internal sealed class DavFailures(IDavLocks locks)
{
    /// <param name="address">An address in the space of the entries.</param>
    /// <param name="entries">The entries that would have been moved or removed.</param>
    public async Task<IResult> OfAsync(HttpContext context, UploadFailure failure, DavAddress address, params Entry?[] entries)
    {
        if (failure.Error != UploadError.LockedBelow)
            return DavRefusals.Of(context, failure);
        var held = new List<DavLock>();
        foreach (var entry in entries)
        {
            if (entry is { Kind: EntryKind.Folder })
                held.AddRange(await locks.BelowAsync(entry.Space, entry.Id, context.RequestAborted));
        }

        var places = held.Where(one => one.Path is not null)
            .Select(one => address.HrefOf(context, one.Path!, one.IsFolder)).Distinct(StringComparer.Ordinal).ToList();
        return places.Count == 0 ? DavRefusals.Of(context, failure) : await WriteAsync(context, places);
    }

    /// <summary>Returns why a change would currently be refused, before work is done for it. The change itself checks again.</summary>
    /// <param name="member">Whether the folder gets or loses an entry.</param>
    public Task<UploadFailure?> FaultAsync(
        HttpContext context, DavAddress address, DavPlace place, bool member, ChangeGuard guard) =>
        locks.FaultAsync(address.Space, place.Parent, place.Name, member, guard, context.RequestAborted);

    private static async Task<IResult> WriteAsync(HttpContext context, List<string> places)
    {
        var dav = DavXml.Dav.NamespaceName;
        var bytes = new MemoryStream();
        using (var xml = XmlWriter.Create(bytes, new XmlWriterSettings { Encoding = new UTF8Encoding(false) }))
        {
            xml.WriteStartElement("D", "multistatus", dav);
            foreach (var href in places)
            {
                xml.WriteStartElement("D", "response", dav);
                xml.WriteElementString("D", "href", dav, href);
                xml.WriteElementString("D", "status", dav, "HTTP/1.1 423 Locked");
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        context.Response.StatusCode = StatusCodes.Status207MultiStatus;
        context.Response.ContentType = DavXml.MediaType;
        await context.Response.Body.WriteAsync(bytes.ToArray(), context.RequestAborted);
        return TypedResults.Empty;
    }
}
