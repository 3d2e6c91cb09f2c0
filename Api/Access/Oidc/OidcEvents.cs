using System.Security.Claims;
using ChunkUpload.Api.Hosting;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Audit;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;

namespace ChunkUpload.Api.Access.Oidc;

/// <summary>
/// Extends the framework's handler: 1. use the service's address as the browser knows it; 2. keep the state in a row that is valid once; 3.
/// accept only the configured issuer; 4. find the user; 5. redirect every refusal to the sign-in page, with a code of
/// <see cref="OidcFault"/>.
/// </summary>
internal sealed class OidcEvents(
    OidcOptions issuer, IssuerSignIns signIns, OidcUsers newUsers, SignInCheck check, SignInAttempts attempts, IAuditLedger audit,
    ILogger<OidcEvents> log)
    : OpenIdConnectEvents
{
    /// <summary>The item of the protected state that names its row.</summary>
    public const string TokenItem = "begun";

    private const int LongestSubject = 255;

    public override Task RedirectToIdentityProvider(RedirectContext context)
    {
        context.ProtocolMessage.RedirectUri = PublicAddress.Of(context.Request, OidcScheme.ReturnPath);
        return Task.CompletedTask;
    }

    /// <summary>Called when the state is valid and matches the browser's cookie, before the code is redeemed.</summary>
    public override async Task AuthorizationCodeReceived(AuthorizationCodeReceivedContext context)
    {
        // The issuer parameter of the response prevents redeeming another issuer's code (RFC 9207).
        if (context.ProtocolMessage.Iss is { Length: > 0 } named && named != issuer.Issuer)
        {
            context.Fail(new OidcFaultException(OidcFault.WrongIssuer));
            return;
        }

        string? token = null;
        if (context.Properties?.Items.TryGetValue(TokenItem, out token) != true
            || await signIns.TakeAsync(token!, context.HttpContext.RequestAborted) is not { } begun)
        {
            context.Fail(new OidcFaultException(OidcFault.Ended));
            return;
        }

        context.HttpContext.Features.Set(begun);
    }

    /// <summary>Called when the framework has validated the token: signature, audience, times and nonce.</summary>
    public override Task TokenValidated(TokenValidatedContext context)
    {
        var subject = context.SecurityToken.Subject;
        // The discovery document may name another issuer than the configured one; its tokens must be rejected.
        if (context.SecurityToken.Issuer != issuer.Issuer)
            context.Fail(new OidcFaultException(OidcFault.WrongIssuer));
        else if (string.IsNullOrEmpty(subject) || subject.Length > LongestSubject || subject.Any(char.IsControl))
            context.Fail(new OidcFaultException(OidcFault.Failed));
        else
            context.HttpContext.Features.Set(new IssuerAccount(issuer.Issuer, subject, OidcUsers.ShownName(context.Principal!)));
        return Task.CompletedTask;
    }

    public override async Task TicketReceived(TicketReceivedContext context)
    {
        context.HandleResponse();
        var http = context.HttpContext;
        Actor.Current = Anonymous(http);
        try
        {
            var entered = await EnterAsync(http, context.Principal!);
            if (entered is { } fault)
                await RefuseAsync(http, fault, false);
            else
                OperatorPage.GoTo(http, LocalPath.OrDefault(context.ReturnUri));
        }
        catch (LedgerUnavailableException)
        {
            GoToSignIn(http, OidcFault.Unavailable);
        }
    }

    public override Task AccessDenied(AccessDeniedContext context)
    {
        context.HandleResponse();
        return FailAsync(context.HttpContext, OidcFault.Cancelled, null);
    }

    public override Task RemoteFailure(RemoteFailureContext context)
    {
        context.HandleResponse();
        return FailAsync(context.HttpContext, OidcFault.Of(context.Failure), context.Failure);
    }

    /// <returns>Why the sign-in is refused; null if it succeeds.</returns>
    private async Task<string?> EnterAsync(HttpContext http, ClaimsPrincipal token)
    {
        var (begun, account) = (http.Features.Get<BegunSignIn>()!, http.Features.Get<IssuerAccount>()!);
        var (from, stop) = (http.Connection.RemoteIpAddress, http.RequestAborted);

        // 1. Find the account's user. A user who links an account keeps the current session.
        var session = (await http.AuthenticateAsync(SessionCookie.SchemeName)).Principal?.Identity as CallerIdentity;
        if (begun.User is not null && session is not null)
            Actor.Current = Actor.Of(session.Caller, from);
        var create = await newUsers.MakerAsync(token, stop);
        var entry = await signIns.EnterAsync(begun, account, session?.Caller.User, create, stop);
        if (entry.User is not { } user)
            return OidcFault.Of(entry.Refusal!.Value);
        if (begun.User is not null)
            return null;

        // 2. As after a password.
        var (caller, _, _) = await check.EnterAsync(user, stop);
        if (caller is null)
            return OidcFault.NoTenant;
        Actor.Current = Actor.Of(caller, from);
        await audit.AddAsync("signed_in", null, OidcFault.AuditJson(null, account), stop);
        var ticket = CallerIdentity.Ticket(caller, SessionCookie.SchemeName);
        await http.SignInAsync(SessionCookie.StartScheme, ticket.Principal, SessionTickets.PropertiesOf(user));
        return null;
    }

    private async Task FailAsync(HttpContext http, string fault, Exception? reason)
    {
        // The framework hides what tokens say in its messages.
        AccessLog.IssuerSignInFailed(log, fault, reason?.GetBaseException().Message ?? "the issuer says so");
        Actor.Current = Anonymous(http);
        try
        {
            await RefuseAsync(http, fault, fault is not (OidcFault.Cancelled or OidcFault.Away or OidcFault.Unavailable));
        }
        catch (LedgerUnavailableException)
        {
            GoToSignIn(http, OidcFault.Unavailable);
        }
    }

    /// <param name="counts">Whether the failure counts for the address.</param>
    private async Task RefuseAsync(HttpContext http, string fault, bool counts)
    {
        var address = SignInAttempts.KeyOf(http.Connection.RemoteIpAddress);
        // Record no failures while the address has to wait, so that repeated failures cannot fill the audit.
        if (attempts.Wait(address) is null)
            await audit.AddAsync(
                "sign_in_failed", null, OidcFault.AuditJson(fault, http.Features.Get<IssuerAccount>()), http.RequestAborted);
        // Any page can send a browser here, so count a failure only for a sign-in that began in this browser.
        if (counts && http.Features.Get<BegunSignIn>() is not null)
            attempts.Failed(address);
        GoToSignIn(http, fault);
    }

    private static void GoToSignIn(HttpContext http, string fault) => OperatorPage.GoToSignIn(http, $"?fault={fault}");

    private static Actor Anonymous(HttpContext http) => Actor.Unknown(http.Connection.RemoteIpAddress);
}
