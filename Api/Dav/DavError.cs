using System.Text;
using System.Xml.Linq;
using ChunkUpload.Api.Errors;
using ChunkUpload.Wire;

namespace ChunkUpload.Api.Dav;

/// <summary>A refusal that RFC 4918 has a precondition code for: an error element, and the service's own code as a header.</summary>
internal sealed class DavError(int status, string code, XElement condition) : IResult
{
    /// <summary>Folders are not listed with all that is below them: the answer would be as large as the tree.</summary>
    public static DavError FiniteDepth() =>
        new(StatusCodes.Status403Forbidden, ProblemCodes.InvalidHeader, new XElement(DavXml.Dav + "propfind-finite-depth"));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.Headers[Refusal.CodeHeader] = code;
        RefusedBody.Prepare(httpContext);
        response.ContentType = "application/xml; charset=utf-8";
        var error = new XElement(
            DavXml.Dav + "error", new XAttribute(XNamespace.Xmlns + "D", DavXml.Dav.NamespaceName), condition);
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{error}"));
    }
}
