using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access.Links;
using ChunkUpload.Core.Tree;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ChunkUpload.Api.Access.Links;

/// <summary>GET /l/{token}: the page for people, and GET /l/{token}/about: its data.</summary>
internal static class LinkPage
{
    // Guests see the same previews as in the console; a PDF is shown in a frame from a blob.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; frame-src blob:; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Address = LinkRequest.Root + "/page";

    public static void Map(WebApplication app)
    {
        Own(app.MapGet(Address, Page));
        Own(app.MapGet(LinkRequest.Root + "/about", AboutAsync));

        static void Own(RouteHandlerBuilder endpoint) =>
            endpoint.AlsoForHead().RequireAuthorization(AccessPolicy.Link).ReachedByLinks().ExcludeFromDescription();
    }

    /// <summary>Returns whether a browser opens the page, not a program.</summary>
    public static bool IsOpenedBy(HttpRequest request) => HttpMethods.IsGet(request.Method) && request.Path == Address
        && request.Headers.Accept.Any(value => value?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>Sends the page of a link that cannot be used.</summary>
    public static Task ShowAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Page(context).ExecuteAsync(context);
    }

    private static PhysicalFileHttpResult Page(HttpContext context)
    {
        var root = context.RequestServices.GetRequiredService<IWebHostEnvironment>().WebRootPath;
        context.Response.Headers.ContentSecurityPolicy = Policy;
        return TypedResults.PhysicalFile(Path.Combine(root, "link", "page.html"), "text/html; charset=utf-8");
    }

    private static async Task<IResult> AboutAsync(HttpContext context, ILinkLedger links, FileTree tree, LinkPassword password)
    {
        var caller = context.Caller();
        var grant = caller.Grant!;
        if (!password.IsGiven(context, grant.Link))
            return JsonAnswer.Of(LinkAboutView.Locked(grant.Link), ApiJson.Out.LinkAboutView);
        if (grant.Link.Kind == ShareLinkKind.Upload)
        {
            // Read the link again: its cached counters may be stale.
            var link = await links.FindAsync(caller.Tenant, null, grant.Link.Id, context.RequestAborted) ?? grant.Link;
            return JsonAnswer.Of(LinkAboutView.OfUpload(link).From(context), ApiJson.Out.LinkAboutView);
        }

        var found = await tree.FindAsync(grant.Maker, grant.Link.Entry!.Value, change: false, context.RequestAborted);
        return found.Ok
            ? JsonAnswer.Of(LinkAboutView.OfDownload(grant.Link, found.Value.Entry).From(context), ApiJson.Out.LinkAboutView)
            : Refusal.Of(found.Failure);
    }
}

/// <summary>A link as its holder sees it.</summary>
internal sealed record LinkAboutView(string Kind, string Title, DateTimeOffset ExpiresAt)
{
    /// <summary>The maximum size of a file in bytes; null for the service's limit.</summary>
    public long? MaxSize { get; init; }

    public long? FilesLeft { get; init; }

    public long? BytesLeft { get; init; }

    public IReadOnlyList<string> Types { get; init; } = [];

    public IReadOnlyList<string> Names { get; init; } = [];

    public bool Folders { get; init; }

    /// <summary>Whether the password must be sent first.</summary>
    public bool NeedsPassword { get; init; }

    /// <summary>The name of the file or folder of a download link.</summary>
    public string? Name { get; init; }

    /// <summary>The size of a file; null for a folder.</summary>
    public long? Size { get; init; }

    /// <summary>Whether the number of downloads is limited. Each opened file counts as one.</summary>
    public bool Limited { get; init; }

    /// <summary>The public name of the link's creator; null if there is none, or a program created the link.</summary>
    public string? By { get; init; }

    /// <summary>The title of the creator's tenant.</summary>
    public string? Tenant { get; init; }

    /// <summary>
    /// Adds the link's creator. Only public names are included, because a sign-in name, an address or an id would help an attacker.
    /// </summary>
    public LinkAboutView From(HttpContext context) => context.Features.Get<LinkRequest>()?.Found is { } held
        ? this with
        {
            By = held.User is { } user && user.DisplayName != user.Name ? Given(user.DisplayName) : null,
            // The title of the default tenant of a new service is not informative.
            Tenant = held.Tenant.Title.Equals(held.Tenant.Name, StringComparison.OrdinalIgnoreCase) ? null : Given(held.Tenant.Title),
        }
        : this;

    private static string? Given(string name) => string.IsNullOrWhiteSpace(name) ? null : name;

    public static LinkAboutView Locked(ShareLink link) => Of(link) with { NeedsPassword = true };

    public static LinkAboutView OfDownload(ShareLink link, Entry entry) => Of(link) with
    {
        Name = entry.Name,
        Size = entry.Size,
        Limited = link.MaxDownloads is not null,
    };

    private static LinkAboutView Of(ShareLink link) => new(StateNames.Of(link.Kind), link.Title, link.ExpiresAt);

    public static LinkAboutView OfUpload(ShareLink link) => Of(link) with
    {
        MaxSize = link.Uploads.MaxSize,
        FilesLeft = link.Uploads.MaxFiles - link.Uploads.Files,
        BytesLeft = link.Uploads.MaxBytes - link.Uploads.Bytes,
        Types = link.Uploads.Types,
        Names = link.Uploads.Names,
        Folders = link.Uploads.Folders,
    };
}
