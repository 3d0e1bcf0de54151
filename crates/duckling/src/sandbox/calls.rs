//! System calls: a list of those that DuckDB, its extensions and this program need, and none beside it (seccomp(2)).
//!
//! What is not on the list does not exist (`ENOSYS`), as on an older kernel, for which the C library has another way.
//! Of calls that could do more, only the harmless forms are let through: threads but no processes, TCP but no other
//! sockets, signals to itself alone, limits to be read and not set.

use std::{collections::BTreeMap, io};

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

/// Which part of a call's arguments a form looks at: the argument, a mask, and what must be in it.
type Form = &'static [(u8, u64, u64)];

/// Files that are open, and finding files.
const FILES: &[c_long] = &[
    libc::SYS_close,
    libc::SYS_copy_file_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_fadvise64,
    libc::SYS_fallocate,
    libc::SYS_fdatasync,
    libc::SYS_flock,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_lseek,
    libc::SYS_mkdirat,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_pipe2,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_sendfile,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_sync_file_range,
    libc::SYS_truncate,
    libc::SYS_umask,
    libc::SYS_unlinkat,
    libc::SYS_utimensat,
    libc::SYS_write,
    libc::SYS_writev,
];

/// Calls that only the older architecture has; the newer have a form with a folder or more arguments.
#[cfg(target_arch = "x86_64")]
const OLDER: &[c_long] = &[
    libc::SYS_access,
    libc::SYS_arch_prctl,
    libc::SYS_dup2,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_eventfd,
    libc::SYS_getdents,
    libc::SYS_lstat,
    libc::SYS_mkdir,
    libc::SYS_open,
    libc::SYS_pipe,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_rename,
    libc::SYS_rmdir,
    libc::SYS_select,
    libc::SYS_stat,
    libc::SYS_time,
    libc::SYS_unlink,
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[c_long] = &[];

/// Memory, threads, time, and what a process may know of itself.
const PROCESS: &[c_long] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_get_robust_list,
    libc::SYS_getcpu,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getpriority,
    libc::SYS_getrandom,
    libc::SYS_getrlimit,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_getuid,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    libc::SYS_mincore,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_msync,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_sigaltstack,
    libc::SYS_sysinfo,
    libc::SYS_times,
    libc::SYS_uname,
];

/// Sockets that exist, and waiting for them.
const SOCKETS: &[c_long] = &[
    libc::SYS_connect,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_getpeername,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_setsockopt,
    libc::SYS_shutdown,
];

/// A thread of this process, in its namespaces: the flags of clone(2) for both, and the newer namespaces' for none.
const THREAD: u64 = 0x0001_0000 | 0x0000_0100;
const NEW_NAMESPACES: u64 = 0x7e02_0080;

/// The type of a socket without its flags (`SOCK_CLOEXEC`, `SOCK_NONBLOCK`).
const SOCKET_TYPE: u64 = 0xf;

/// Send and connect in one (`MSG_FASTOPEN`).
const FAST_OPEN: u64 = 0x2000_0000;

/// No mask: the argument as it is.
const WHOLE: u64 = 0xffff_ffff;

/// Calls of which only some forms are let through.
const FORMS: &[(c_long, &[Form])] = &[
    (libc::SYS_clone, &[&[(0, THREAD | NEW_NAMESPACES, THREAD)]]),
    // To the egress proxy: AF_INET and AF_INET6, SOCK_STREAM, TCP by default or by its number (not MPTCP, SCTP).
    (
        libc::SYS_socket,
        &[
            &[(0, WHOLE, 2), (1, SOCKET_TYPE, 1), (2, WHOLE, 0)],
            &[(0, WHOLE, 2), (1, SOCKET_TYPE, 1), (2, WHOLE, 6)],
            &[(0, WHOLE, 10), (1, SOCKET_TYPE, 1), (2, WHOLE, 0)],
            &[(0, WHOLE, 10), (1, SOCKET_TYPE, 1), (2, WHOLE, 6)],
        ],
    ),
    // AF_UNIX streams: curl wakes its own threads through one. A pair of datagram sockets could be connected anew.
    (libc::SYS_socketpair, &[&[(0, WHOLE, 1), (1, SOCKET_TYPE, 1)]]),
    // Without MSG_FASTOPEN, which connects.
    (libc::SYS_sendto, &[&[(3, FAST_OPEN, 0)]]),
    (libc::SYS_sendmsg, &[&[(2, FAST_OPEN, 0)]]),
    // Descriptors, flags, locks (POSIX and open file description), seals; not the signals of F_SETOWN and F_SETSIG.
    (
        libc::SYS_fcntl,
        &[
            &[(1, WHOLE, 0)],
            &[(1, WHOLE, 1)],
            &[(1, WHOLE, 2)],
            &[(1, WHOLE, 3)],
            &[(1, WHOLE, 4)],
            &[(1, WHOLE, 5)],
            &[(1, WHOLE, 6)],
            &[(1, WHOLE, 7)],
            &[(1, WHOLE, 36)],
            &[(1, WHOLE, 37)],
            &[(1, WHOLE, 38)],
            &[(1, WHOLE, 1030)],
            &[(1, WHOLE, 1033)],
            &[(1, WHOLE, 1034)],
        ],
    ),
    // Is it a terminal (TCGETS), how wide (TIOCGWINSZ), how much is there (FIONREAD), do not block (FIONBIO).
    (
        libc::SYS_ioctl,
        &[&[(1, WHOLE, 0x5401)], &[(1, WHOLE, 0x5413)], &[(1, WHOLE, 0x541b)], &[(1, WHOLE, 0x5421)]],
    ),
    // Names of threads and of memory (PR_SET_NAME, PR_GET_NAME, PR_SET_VMA), huge pages (PR_GET_THP_DISABLE).
    (libc::SYS_prctl, &[&[(0, WHOLE, 15)], &[(0, WHOLE, 16)], &[(0, WHOLE, 0x5356_4d41)], &[(0, WHOLE, 42)]]),
    // Reading this process's own limits: no process id, nothing to set.
    (libc::SYS_prlimit64, &[&[(0, WHOLE, 0), (2, u64::MAX, 0)]]),
];

/// Restricts the process and the threads that it will have.
///
/// # Errors
/// When the kernel has no seccomp, or the architecture is not known.
pub(super) fn restrict() -> io::Result<String> {
    let (program, count) = program().map_err(io::Error::other)?;
    seccompiler::apply_filter(&program).map_err(io::Error::other)?;
    Ok(format!("{count} system calls, {} of them in some forms only", FORMS.len() + 1))
}

fn program() -> Result<(BpfProgram, usize), BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for call in [FILES, OLDER, PROCESS, SOCKETS].concat() {
        rules.insert(call, Vec::new());
    }
    for (call, forms) in FORMS {
        let forms = forms.iter().map(|form| SeccompRule::new(conditions(form)?)).collect::<Result<_, _>>()?;
        rules.insert(*call, forms);
    }
    // A signal to itself: abort(3) sends one.
    let own = u64::from(std::process::id());
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(conditions(&[(0, WHOLE, own)])?)?]);
    let count = rules.len();
    let missing = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let filter = SeccompFilter::new(
        rules,
        missing,
        SeccompAction::Allow,
        TargetArch::try_from(std::env::consts::ARCH)?,
    )?;
    Ok((filter.try_into()?, count))
}

fn conditions(form: &[(u8, u64, u64)]) -> Result<Vec<SeccompCondition>, BackendError> {
    let condition = |&(argument, mask, value): &(u8, u64, u64)| {
        let length = if mask > WHOLE { SeccompCmpArgLen::Qword } else { SeccompCmpArgLen::Dword };
        let comparison =
            if mask == WHOLE || mask == u64::MAX { SeccompCmpOp::Eq } else { SeccompCmpOp::MaskedEq(mask) };
        SeccompCondition::new(argument, length, comparison, value)
    };
    form.iter().map(condition).collect()
}
