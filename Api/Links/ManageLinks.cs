using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Access.Links;
using FluentValidation;

namespace ChunkUpload.Api.Links;

/// <summary>GET, PATCH and DELETE of links: users manage their own, admins all of the tenant.</summary>
internal static class ManageLinks
{
    private static readonly Pages Pages = new("links", 50, 200, CursorParts.Id);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/links", ListAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Share).Document(ListDoc);
        routes.MapGet("/api/links/{id}", GetAsync).AlsoForHead().RequireAuthorization(AccessPolicy.Share).Document(GetDoc);
        routes.MapPatch("/api/links/{id}", ChangeAsync).RequireAuthorization(AccessPolicy.Share).Document(ChangeDoc);
        routes.MapDelete("/api/links/{id}", RevokeAsync).RequireAuthorization(AccessPolicy.Share).Document(RevokeDoc);
    }

    private static Refusal Absent => Refusal.Of(RequestError.NoSuchLink, "There is no link with this id.");

    private static async Task<IResult> ListAsync(HttpContext context, ILinkLedger links, TimeProvider time)
    {
        var reader = new QueryReader(context.Request.Query, "limit", "cursor");
        var page = Pages.Read(reader);
        if (reader.Refusal is { } refusal)
            return refusal;
        var caller = context.Caller();
        var found = await links.ListAsync(caller.Tenant, caller.Owner, page.Id, page.Sought, context.RequestAborted);
        var now = time.GetUtcNow();
        return JsonAnswer.Of(page.Of(found, link => link.Id, link => ShareLinkView.Of(link, now)), ApiJson.Out.ListOfShareLinkView);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, ILinkLedger links, TimeProvider time) =>
        await FindAsync(id, context, links) is { } link
            ? JsonAnswer.Of(ShareLinkView.Of(link, time.GetUtcNow()), ApiJson.Out.ShareLinkView)
            : Absent;

    private static async Task<IResult> ChangeAsync(
        string id, HttpContext context, ILinkLedger links, IValidator<LinkChangeBody> validator, Passwords passwords,
        Credentials credentials, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.LinkChangeBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        if (await FindAsync(id, context, links) is not { } link)
            return Absent;
        // As for creating a link: a key that may only upload must not extend a download link.
        if (!context.Caller().Scopes.HasFlag(link.Kind.Grants()))
            return Refusal.Of(RequestError.NotPermitted, "Your key or role may not do itself what this link permits.");
        var now = time.GetUtcNow();
        var changed = link with
        {
            Title = body.Title ?? link.Title,
            ExpiresAt = body.ExpiresInSeconds is { } seconds ? now.AddSeconds(seconds) : link.ExpiresAt,
            Uploads = link.Uploads with { MaxFiles = body.MaxFiles ?? link.Uploads.MaxFiles },
            MaxDownloads = body.MaxDownloads ?? link.MaxDownloads,
            Password = body.Password switch
            {
                null => link.Password,
                "" => null,
                var password => passwords.Hash(password),
            },
        };
        if (!await links.ChangeAsync(changed, context.RequestAborted))
            return Absent;
        credentials.Forget();
        return JsonAnswer.Of(ShareLinkView.Of(changed, now), ApiJson.Out.ShareLinkView);
    }

    private static async Task<IResult> RevokeAsync(string id, HttpContext context, ILinkLedger links, Credentials credentials)
    {
        var caller = context.Caller();
        if (!UploadId.TryParse(id, out var parsed)
            || !await links.RevokeAsync(caller.Tenant, caller.Owner, parsed.Value, context.RequestAborted))
            return Absent;
        credentials.Forget();
        return TypedResults.NoContent();
    }

    private static async Task<ShareLink?> FindAsync(string id, HttpContext context, ILinkLedger links)
    {
        var caller = context.Caller();
        return UploadId.TryParse(id, out var parsed)
            ? await links.FindAsync(caller.Tenant, caller.Owner, parsed.Value, context.RequestAborted)
            : null;
    }

    private static EndpointDoc ListDoc => new(
        "Links", "ListLinks", "List links", "Your own, the newest first, also those that have ended; for admins all of the tenant.")
    {
        Query = Pages.Parameters,
        Answers = [new(200, "A page.", typeof(ListOf<ShareLinkView>), Examples.Page(ShareLinkView.Example))],
    };

    private static EndpointDoc GetDoc => new("Links", "GetLink", "Describe a link", "Without its token, which only its making shows.")
    {
        Answers = [new(200, "The link.", typeof(ShareLinkView), ShareLinkView.Example)],
        Errors = [RequestError.NoSuchLink],
    };

    private static EndpointDoc ChangeDoc => new(
        "Links", "ChangeLink", "Change a link",
        "Its title, its end, how many files or downloads, its password. Sizes, types and names stay: uploads were begun under them.")
    {
        Json = new(typeof(LinkChangeBody), """{"title":"Photos of May","expiresInSeconds":604800}"""),
        Answers = [new(200, "The link as it is now.", typeof(ShareLinkView), ShareLinkView.Example)],
        Errors = [RequestError.NoSuchLink],
    };

    private static EndpointDoc RevokeDoc => new(
        "Links", "RevokeLink", "Revoke a link",
        "At once for new requests; requests that run through it are aborted within two seconds. What was received stays. Can be repeated.")
    {
        Answers = [new(204, "Revoked.")],
        Errors = [RequestError.NoSuchLink],
    };
}
