using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ChunkUpload.Api.Access.Devices;
using ChunkUpload.Api.Access.Links;
using ChunkUpload.Api.Access.Oidc;
using ChunkUpload.Api.Advisor;
using ChunkUpload.Api.Audit;
using ChunkUpload.Api.Connections;
using ChunkUpload.Api.Dav;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Events;
using ChunkUpload.Api.Files;
using ChunkUpload.Api.Health;
using ChunkUpload.Api.Hooks;
using ChunkUpload.Api.Jobs;
using ChunkUpload.Api.Links;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Limits;
using ChunkUpload.Api.Nodes;
using ChunkUpload.Api.People;
using ChunkUpload.Api.Projects;
using ChunkUpload.Api.Sessions;
using ChunkUpload.Api.Statistics;
using ChunkUpload.Api.Sync;
using ChunkUpload.Api.Transfers;
using ChunkUpload.Api.Tree;
using ChunkUpload.Api.Tree.Archives;
using ChunkUpload.Core.Advisor;
using ChunkUpload.Core.Sync;

namespace ChunkUpload.Api;

/// <summary>
/// The JSON contracts, generated at build time. Input is strict: unknown and duplicate fields are refused, and nesting is limited. Output
/// is camelCase and includes nulls, so that a client sees every name.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    MaxDepth = 16,
    Converters = [typeof(UtcTimeConverter)])]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(NewSessionBody))]
[JsonSerializable(typeof(SessionChangeBody))]
[JsonSerializable(typeof(CompleteBody))]
[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(CompletedView))]
[JsonSerializable(typeof(ReceiptView))]
[JsonSerializable(typeof(ListOf<SessionView>))]
[JsonSerializable(typeof(ListOf<ChunkView>))]
[JsonSerializable(typeof(ListOf<RangeView>))]
[JsonSerializable(typeof(FileView))]
[JsonSerializable(typeof(ListOf<FileView>))]
[JsonSerializable(typeof(PlaceBody))]
[JsonSerializable(typeof(EntryView))]
[JsonSerializable(typeof(FolderView))]
[JsonSerializable(typeof(EntryChangeBody))]
[JsonSerializable(typeof(CopyOrMoveBody))]
[JsonSerializable(typeof(MoveView))]
[JsonSerializable(typeof(CheckLine))]
[JsonSerializable(typeof(CheckedLine))]
[JsonSerializable(typeof(MemberLine))]
[JsonSerializable(typeof(SumLine))]
[JsonSerializable(typeof(ListOf<TrashView>))]
[JsonSerializable(typeof(RestoreBody))]
[JsonSerializable(typeof(VersionNameBody))]
[JsonSerializable(typeof(VersionView))]
[JsonSerializable(typeof(VersionListView))]
[JsonSerializable(typeof(LockListView))]
[JsonSerializable(typeof(SpaceChangeBody))]
[JsonSerializable(typeof(SpaceVersionsView))]
[JsonSerializable(typeof(ChangesView))]
[JsonSerializable(typeof(ListOf<SpaceView>))]
[JsonSerializable(typeof(Advice))]
[JsonSerializable(typeof(AdviceRequestBody))]
[JsonSerializable(typeof(ListOf<AdviceStepView>))]
[JsonSerializable(typeof(ListOf<NetworkView>))]
[JsonSerializable(typeof(JobView))]
[JsonSerializable(typeof(ListOf<JobView>))]
[JsonSerializable(typeof(ListOf<JobRunView>))]
[JsonSerializable(typeof(NodeView))]
[JsonSerializable(typeof(NodesView))]
[JsonSerializable(typeof(MeView))]
[JsonSerializable(typeof(MeChangeBody))]
[JsonSerializable(typeof(TenantChoiceBody))]
[JsonSerializable(typeof(CodeBody))]
[JsonSerializable(typeof(ListOf<LinkedAccountView>))]
[JsonSerializable(typeof(ForgottenBody))]
[JsonSerializable(typeof(OidcBody))]
[JsonSerializable(typeof(OidcBegunView))]
[JsonSerializable(typeof(SecondFactorView))]
[JsonSerializable(typeof(RecoveryCodesView))]
[JsonSerializable(typeof(BeginFactorBody))]
[JsonSerializable(typeof(ResetBody))]
[JsonSerializable(typeof(UserView))]
[JsonSerializable(typeof(ListOf<UserView>))]
[JsonSerializable(typeof(NewUserBody))]
[JsonSerializable(typeof(InvitedUserView))]
[JsonSerializable(typeof(LinkView))]
[JsonSerializable(typeof(UserChangeBody))]
[JsonSerializable(typeof(RoleBody))]
[JsonSerializable(typeof(KeyView))]
[JsonSerializable(typeof(ListOf<KeyView>))]
[JsonSerializable(typeof(NewKeyBody))]
[JsonSerializable(typeof(IssuedKeyView))]
[JsonSerializable(typeof(RotationBody))]
[JsonSerializable(typeof(KeyRequestView))]
[JsonSerializable(typeof(KeyConfirmBody))]
[JsonSerializable(typeof(KeyAnswerView))]
[JsonSerializable(typeof(DeviceView))]
[JsonSerializable(typeof(GrantedTokenView))]
[JsonSerializable(typeof(OAuthErrorView))]
[JsonSerializable(typeof(TenantView))]
[JsonSerializable(typeof(ListOf<TenantView>))]
[JsonSerializable(typeof(NewTenantBody))]
[JsonSerializable(typeof(TenantChangeBody))]
[JsonSerializable(typeof(ListOf<SignInSessionView>))]
[JsonSerializable(typeof(SpaceView))]
[JsonSerializable(typeof(SpaceNameBody))]
[JsonSerializable(typeof(SpaceAccessBody))]
[JsonSerializable(typeof(ListOf<SpaceMemberView>))]
[JsonSerializable(typeof(ListOf<NameView>))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(SystemView))]
[JsonSerializable(typeof(CursorText))]
[JsonSerializable(typeof(LimitsBody))]
[JsonSerializable(typeof(LimitRowView))]
[JsonSerializable(typeof(ListOf<LimitView>))]
[JsonSerializable(typeof(AuditView))]
[JsonSerializable(typeof(ListOf<AuditView>))]
[JsonSerializable(typeof(AuditVerdictView))]
[JsonSerializable(typeof(NewWebhookBody))]
[JsonSerializable(typeof(WebhookChangeBody))]
[JsonSerializable(typeof(WebhookView))]
[JsonSerializable(typeof(ListOf<WebhookView>))]
[JsonSerializable(typeof(IssuedWebhookView))]
[JsonSerializable(typeof(DeliveryView))]
[JsonSerializable(typeof(ListOf<DeliveryView>))]
[JsonSerializable(typeof(NewConnectionBody))]
[JsonSerializable(typeof(AuthorizeConnectionBody))]
[JsonSerializable(typeof(ConnectionSignInView))]
[JsonSerializable(typeof(PastedAddressBody))]
[JsonSerializable(typeof(SignInStateView))]
[JsonSerializable(typeof(ListOf<SignInProviderView>))]
[JsonSerializable(typeof(ConnectionChangeBody))]
[JsonSerializable(typeof(ConnectionSecretBody))]
[JsonSerializable(typeof(ConnectionView))]
[JsonSerializable(typeof(ListOf<ConnectionView>))]
[JsonSerializable(typeof(ListOf<StorageItemView>))]
[JsonSerializable(typeof(NewTransferBody))]
[JsonSerializable(typeof(TransferChangeBody))]
[JsonSerializable(typeof(TransferPlanView))]
[JsonSerializable(typeof(NewScheduleBody))]
[JsonSerializable(typeof(ScheduleChangeBody))]
[JsonSerializable(typeof(TransferScheduleView))]
[JsonSerializable(typeof(ListOf<TransferScheduleView>))]
[JsonSerializable(typeof(ListOf<ArrivalView>))]
[JsonSerializable(typeof(NewSyncBody))]
[JsonSerializable(typeof(SyncAnswerBody))]
[JsonSerializable(typeof(SyncView))]
[JsonSerializable(typeof(SyncStatistics))]
[JsonSerializable(typeof(ListOf<SyncView>))]
[JsonSerializable(typeof(ListOf<SyncItemView>))]
[JsonSerializable(typeof(ListOf<SyncEventView>))]
[JsonSerializable(typeof(SyncPlanView))]
[JsonSerializable(typeof(ConflictAnswerBody))]
[JsonSerializable(typeof(ConflictView))]
[JsonSerializable(typeof(ListOf<ConflictView>))]
[JsonSerializable(typeof(NewTemplateBody))]
[JsonSerializable(typeof(TransferTemplateView))]
[JsonSerializable(typeof(ListOf<TransferTemplateView>))]
[JsonSerializable(typeof(WebAddressesBody))]
[JsonSerializable(typeof(ListOf<WebFileView>))]
[JsonSerializable(typeof(TransferView))]
[JsonSerializable(typeof(ListOf<TransferView>))]
[JsonSerializable(typeof(TransferStatisticsView))]
[JsonSerializable(typeof(TransferItemView))]
[JsonSerializable(typeof(ListOf<TransferItemView>))]
[JsonSerializable(typeof(ListOf<TransferEventView>))]
[JsonSerializable(typeof(ListOf<TransferCallView>))]
[JsonSerializable(typeof(StatisticsView))]
[JsonSerializable(typeof(HistoryView))]
[JsonSerializable(typeof(ListOf<HistoryView>))]
[JsonSerializable(typeof(EventView))]
[JsonSerializable(typeof(ListOf<EventView>))]
[JsonSerializable(typeof(ProgressView))]
[JsonSerializable(typeof(NoticeView))]
[JsonSerializable(typeof(StreamNote))]
[JsonSerializable(typeof(StreamFault))]
[JsonSerializable(typeof(StreamRequest))]
[JsonSerializable(typeof(SignInBody))]
[JsonSerializable(typeof(SignInView))]
[JsonSerializable(typeof(SignedInView))]
[JsonSerializable(typeof(LinkFileView))]
[JsonSerializable(typeof(PieceDigestsView))]
[JsonSerializable(typeof(LinkAboutView))]
[JsonSerializable(typeof(LinkFolderView))]
[JsonSerializable(typeof(LinkPasswordBody))]
[JsonSerializable(typeof(NewLinkBody))]
[JsonSerializable(typeof(LinkChangeBody))]
[JsonSerializable(typeof(ShareLinkView))]
[JsonSerializable(typeof(MadeLinkView))]
[JsonSerializable(typeof(ListOf<ShareLinkView>))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>The contract for responses.</summary>
    public static ApiJson Out => Relaxed.Context;

    /// <summary>The contract for request bodies.</summary>
    public static ApiJson In => Default;

    /// <summary>Returns how a response contains a type, in this contract or in that of projects.</summary>
    public static JsonTypeInfo<T> TypeOf<T>() =>
        (JsonTypeInfo<T>?)(Out.GetTypeInfo(typeof(T)) ?? ProjectJson.Out.GetTypeInfo(typeof(T)))
            ?? throw new InvalidOperationException($"{typeof(T)} is in no JSON contract.");

    // A nested class, so that the generated Default is initialized first.
    private static class Relaxed
    {
        // Names in all scripts stay readable in responses, which are never embedded in a page.
        public static readonly ApiJson Context =
            new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
