using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Requests;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;
using FluentValidation;

namespace ChunkUpload.Api.Tree;

internal sealed record VersionNameBody
{
    /// <summary>The name; null or missing removes it.</summary>
    public string? Name { get; init; }
}

internal sealed class VersionNameValidator : AbstractValidator<VersionNameBody>
{
    public VersionNameValidator() => RuleFor(body => body.Name).MustBeTitle("name", needed: false);
}

/// <summary>PATCH /api/entries/{id}/versions/{number}: names a version, which is then kept as long as its file.</summary>
internal static class NameVersion
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPatch(VersionRoutes.One, HandleAsync).RequireAuthorization(AccessPolicy.Upload).Document(Doc);

    private static async Task<IResult> HandleAsync(
        string id, string number, HttpContext context, FileVersions versions, IValidator<VersionNameBody> validator, TimeProvider time)
    {
        var read = await JsonBody.ReadAsync(context, ApiJson.In.VersionNameBody, validator, null, context.RequestAborted);
        if (read.Value is not { } body)
            return read.Refusal!;
        var (file, which, refusal) = await VersionRoutes.FindAsync(id, number, context, versions, change: true);
        if (file is null)
            return refusal!;
        if (!context.Caller().Scopes.HasFlag(Scopes.Read))
            return Refusal.Of(RequestError.NotPermitted, "Your key may not read versions, so it may not name them.");
        var named = await versions.NameAsync(file.Entry, which, body.Name, context.RequestAborted);
        return named.Ok
            ? JsonAnswer.Of(VersionView.Of(file.Entry, named.Value, time.GetUtcNow()), ApiJson.Out.VersionView)
            : Refusal.Of(named.Failure);
    }

    private static EndpointDoc Doc => new(
        TreeRoutes.Tag, nameof(NameVersion), "Name a version of a file",
        """
        A version with a name stays as long as the file, also while the file lies in the trash, whatever the policy says. Without a name,
        the policy decides again.

            curl -X PATCH -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"name":"Sent to the client"}' \
              http://127.0.0.1:8080/api/entries/$ID/versions/3
        """)
    {
        Json = new(typeof(VersionNameBody), """{"name":"Sent to the client"}"""),
        Answers = [new(200, "The version.", typeof(VersionView), VersionView.Example)],
        Errors = [UploadError.NoEntry, UploadError.NotFile, UploadError.ReadOnly],
    };
}
