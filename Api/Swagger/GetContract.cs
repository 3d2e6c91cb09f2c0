namespace ChunkUpload.Api.Swagger;

/// <summary>Handles GET and HEAD /swagger/v1/swagger.json.</summary>
internal static class GetContract
{
    public const string Path = "/swagger/v1/swagger.json";

    public static async Task HandleAsync(HttpContext context, ContractDocument document) =>
        await (await document.ForAsync(context.Request)).SendAsync(context, "application/json; charset=utf-8");
}
