using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Access;

/// <summary>
/// Exchanges versions with clients that send theirs: the response contains the service's version, and a client that is too old is refused
/// before it sends anything that would be misinterpreted. Other clients, such as browsers and curl, send none.
/// </summary>
internal sealed class VersionGate(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Headers.TryGetValue(ServiceHeaders.Version, out var named))
            return next(context);
        // When the answer starts, because an error clears earlier headers.
        context.Response.OnStarting(static state =>
        {
            ((HttpResponse)state).Headers[ServiceHeaders.Version] = ProgramVersions.Text(ProgramVersions.Own);
            return Task.CompletedTask;
        }, context.Response);
        return Refuse(named) is { } refusal ? refusal.ExecuteAsync(context) : next(context);
    }

    private static Refusal? Refuse(string? named)
    {
        if (ProgramVersions.Read(named) is not { } client)
            return Refusal.Of(RequestError.InvalidHeader, $"{ServiceHeaders.Version} must be the client's version, such as 1.4.0.");
        return client >= ProgramVersions.OldestClient
            ? null
            : Refusal.Of(
                RequestError.ClientNotSupported,
                $"This service is ChunkUpload {ProgramVersions.Text(ProgramVersions.Own)} and needs a client of version "
                + $"{ProgramVersions.Text(ProgramVersions.OldestClient)} or newer; yours is {ProgramVersions.Text(client)}. Update it.");
    }
}
