using System.Text;
using System.Xml.Linq;
using ChunkUpload.Api.Errors;
using ChunkUpload.Core.Dav;

namespace ChunkUpload.Api.Dav;

/// <summary>A refusal that RFC 4918 has a precondition code for: an error element, and the service's own code as a header.</summary>
internal sealed class DavError(int status, string code, XElement condition) : IResult
{
    /// <summary>Refuses listings of unlimited depth, because the response would be as large as the tree.</summary>
    public static DavError FiniteDepth() =>
        new(StatusCodes.Status403Forbidden, ProblemCodes.InvalidHeader, new XElement(DavXml.Dav + "propfind-finite-depth"));

    public static DavError NoLock() => new(
        StatusCodes.Status409Conflict, ProblemCodes.NoLock, new XElement(DavXml.Dav + "lock-token-matches-request-uri"));

    /// <summary>Returns the error with the places whose locks conflict.</summary>
    public static async Task<DavError> ConflictAsync(HttpContext context, DavAddress address, DavPlace place, IDavLocks locks)
    {
        var held = await locks.OverAsync(address.Space, place.Parent, place.Name, context.RequestAborted);
        return new DavError(StatusCodes.Status423Locked, ProblemCodes.LockConflict, new XElement(
            DavXml.Dav + "no-conflicting-lock",
            held.Where(one => one.Path is not null)
                .Select(one => new XElement(DavXml.Dav + "href", address.HrefOf(context, one.Path!, one.IsFolder)))));
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.Headers[Refusal.CodeHeader] = code;
        RefusedBody.Prepare(httpContext);
        response.ContentType = DavXml.MediaType;
        var error = new XElement(
            DavXml.Dav + "error", new XAttribute(XNamespace.Xmlns + "D", DavXml.Dav.NamespaceName), condition);
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{error}"));
    }
}
